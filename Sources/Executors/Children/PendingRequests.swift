import Synchronization
import TaskEngine

/// The requests that a child's handler waits to have answered.
final class PendingRequests: Sendable {
    private struct State {
        var last = 0
        var waiting: [Int: CheckedContinuation<HandlerReply, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Sends a request with a number of its own, and waits for the answer.
    /// - Parameter send: false when the attempt is over and nothing was sent.
    func ask(_ send: (_ number: Int) -> Bool) async -> HandlerReply {
        await withCheckedContinuation { continuation in
            let number = state.withLock { state in
                state.last += 1
                state.waiting[state.last] = continuation
                return state.last
            }
            if !send(number) { answer(number, Self.over) }
        }
    }

    /// The answer to the request of this number. A number that nobody waits for is passed over.
    func answer(_ number: Int, _ reply: HandlerReply) {
        let continuation = state.withLock { $0.waiting.removeValue(forKey: number) }
        continuation?.resume(returning: reply)
    }

    /// No answer comes any more: the attempt is over.
    func end() {
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume(returning: Self.over) }
    }

    private static let over = HandlerReply.refused(code: "attempt_over", message: "the attempt is over", isFinal: false)
}

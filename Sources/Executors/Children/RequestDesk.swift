import Dispatch
import Synchronization
import TaskEngine

/// Has a child's requests answered while the thread that talks to the child goes on enforcing its limits.
///
/// Disk and database may take their time, and that thread may wait only a little; so each request is a task of its own. They are few, and
/// each ends by itself: what is begun when the child dies is closed with the attempt.
final class RequestDesk: Sendable {
    /// Requests of one child at once. Its library makes one at a time from each of the handler's own tasks.
    static let mostAtOnce = 32

    private struct State {
        var pending = 0
        var answers: [(request: Int, reply: HandlerReply)] = []
    }

    private let state = Mutex(State())
    private let hasAnswer = DispatchSemaphore(value: 0)

    /// Begins to answer `request`. Never blocks.
    func ask(_ number: Int, _ request: HandlerRequest, _ context: TaskContext) {
        let isRefused = state.withLock { state in
            guard state.pending < Self.mostAtOnce else { return true }
            state.pending += 1
            return false
        }
        if isRefused {
            let reply = HandlerReply.refused(
                code: "too_many_requests", message: "too many requests at once", isFinal: false)
            state.withLock { $0.answers.append((number, reply)) }
            return
        }
        Task {
            let reply = await context.answer(request)
            state.withLock { state in
                state.pending -= 1
                state.answers.append((number, reply))
            }
            hasAnswer.signal()
        }
    }

    /// Answers that are ready. Waits for one a little while some are being made: the child waits for them, and most take less.
    func answered(within limit: Duration) -> [(request: Int, reply: HandlerReply)] {
        let isEmpty = state.withLock { $0.pending > 0 && $0.answers.isEmpty }
        if isEmpty { _ = hasAnswer.wait(timeout: .now() + .milliseconds(Int(limit / .milliseconds(1)))) }
        return state.withLock { state in
            defer { state.answers = [] }
            return state.answers
        }
    }
}

import Dispatch
import Synchronization

/// What tests wait for instead of sleeping: code under test sends, the test waits until enough was sent.
///
/// Everything ever sent is kept, so that a signal sent before anyone waits is not lost. Waits are limited in time.
package final class TestSignal<Value: Sendable>: Sendable {
    private struct Waiter {
        let id: Int
        let isSatisfied: @Sendable ([Value]) -> Bool
        let continuation: CheckedContinuation<[Value], any Error>
    }

    private enum Decision {
        case wait
        case now([Value])
        case cancelled
    }

    private struct State {
        var values: [Value] = []
        var waiters: [Waiter] = []
        var nextID = 0
        /// Waits that were cancelled before they had stored their continuation.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Everything sent so far, in order.
    package var values: [Value] { state.withLock { $0.values } }

    /// Adds a value and wakes who has waited for it. May be called on any thread.
    package func send(_ value: Value) {
        let (values, woken) = state.withLock { state -> ([Value], [Waiter]) in
            state.values.append(value)
            let satisfied = state.waiters.filter { $0.isSatisfied(state.values) }
            state.waiters.removeAll { waiter in satisfied.contains { $0.id == waiter.id } }
            return (state.values, satisfied)
        }
        for waiter in woken { waiter.continuation.resume(returning: values) }
    }

    /// Waits until `count` values were sent in all.
    /// - Returns: everything sent so far.
    /// - Throws: ``TimedOut`` after `limit`.
    @discardableResult
    package func wait(for count: Int = 1, within limit: Duration = .seconds(20)) async throws -> [Value] {
        try await wait(within: limit) { $0.count >= count }
    }

    /// Waits until `isSatisfied` accepts everything sent so far.
    @discardableResult
    package func wait(within limit: Duration = .seconds(20), until isSatisfied: @escaping @Sendable ([Value]) -> Bool) async throws
        -> [Value]
    {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                store(Waiter(id: id, isSatisfied: isSatisfied, continuation: continuation), limit)
            }
        } onCancel: {
            end(id) { _ in CancellationError() }
        }
    }

    private func store(_ waiter: Waiter, _ limit: Duration) {
        let decision = state.withLock { state -> Decision in
            if state.cancelled.remove(waiter.id) != nil { return .cancelled }
            if waiter.isSatisfied(state.values) { return .now(state.values) }
            state.waiters.append(waiter)
            return .wait
        }
        switch decision {
        case .now(let values): waiter.continuation.resume(returning: values)
        case .cancelled: waiter.continuation.resume(throwing: CancellationError())
        case .wait:
            let seconds: Double = limit / .seconds(1)
            DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in
                self?.end(waiter.id) { TimedOut(received: $0) }
            }
        }
    }

    private func end(_ id: Int, _ error: (Int) -> any Error) {
        let (waiter, received) = state.withLock { state -> (Waiter?, Int) in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return (nil, state.values.count)
            }
            return (state.waiters.remove(at: index), state.values.count)
        }
        waiter?.continuation.resume(throwing: error(received))
    }
}

extension TestSignal where Value == Void {
    /// Sends one more signal that carries nothing.
    package func send() { send(()) }
}

/// A wait of a test lasted longer than its limit.
package struct TimedOut: Error, CustomStringConvertible {
    /// How many signals had come by then.
    package let received: Int
    package var description: String { "timed out after \(received) signals" }
}

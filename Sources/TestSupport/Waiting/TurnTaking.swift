import Synchronization

/// Lets at most a number of tasks in at once; the others wait for their turn in the order they came.
package final class TurnTaking: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    /// - Parameter limit: how many may be in at once.
    package init(limit: Int) {
        state = Mutex(State(free: limit))
    }

    /// Waits for a turn. Each call needs one ``leave()``.
    /// - Throws: `CancellationError` when the task had been cancelled before its turn came; then it has none.
    package func enter() async throws {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
        if Task.isCancelled {
            leave()
            throw CancellationError()
        }
    }

    /// Ends a turn.
    package func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}

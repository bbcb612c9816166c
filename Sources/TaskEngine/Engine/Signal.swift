import Synchronization

/// A flag one loop waits for. Raising it twice before the loop looks is raising it once; a raise is never lost.
package final class Signal: Sendable {
    private struct State {
        var isRaised = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// Wakes the waiting loop, or the next one to wait. Callable from anywhere, never blocks.
    package func raise() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            state.isRaised = state.waiter == nil
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns once the flag was raised, and lowers it. Returns at once when the task is cancelled. One waiter at a time.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.isRaised || Task.isCancelled {
                        state.isRaised = false
                        return true
                    }
                    precondition(state.waiter == nil, "a signal has one waiter")
                    state.waiter = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            raise()
        }
    }

    /// Like ``wait()``, but not longer than `duration`.
    package func wait(atMost duration: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask {
                // Cancelled when the signal came first: nothing to do then.
                try? await Task.sleep(for: duration)
            }
            await group.next()
            group.cancelAll()
        }
    }
}

import Synchronization

/// Ends a wait early, from anywhere and at any time, also before the wait begins: the client hung up, say.
package final class WaitStop: Sendable {
    private struct State {
        var isStopped = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    /// Ends the wait. A repetition does nothing.
    package func stop() {
        let action = state.withLock { state in
            state.isStopped = true
            defer { state.action = nil }
            return state.action
        }
        action?()
    }

    /// Calls `action` once, when stopped: now, if that has happened already.
    func onStop(_ action: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            if !state.isStopped { state.action = action }
            return state.isStopped
        }
        if isLate { action() }
    }
}

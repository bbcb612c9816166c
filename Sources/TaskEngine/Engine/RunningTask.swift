import Synchronization

/// Why a running handler was asked to end. The error it throws says nothing of this, so it is kept apart.
package enum StopReason: Sendable {
    /// Somebody cancelled the task.
    case cancelled
    /// The soft limit was reached.
    case softLimit
    /// The process shuts down.
    case interrupted
    /// The process could not renew its lease: others run its tasks now.
    case leaseLost
}

/// One handler at work: the claim it works for, its limits, and the way to stop it.
///
/// Invariant: the first stop reason stays, whatever comes later.
final class RunningTask: Sendable {
    let task: ClaimedTask
    let pool: String
    let softDeadline: ContinuousClock.Instant
    let hardDeadline: ContinuousClock.Instant
    /// When the engine goes on without it. Later than the hard limit where a child is killed at that.
    let giveUpAt: ContinuousClock.Instant

    private struct State {
        var stopReason: StopReason?
        var handle: Task<Void, Never>?
    }

    private let state = Mutex(State())

    /// What killing a child may take at most. Only one that hangs inside the kernel is not gone by then.
    static let killMargin = Duration.seconds(10)

    init(
        task: ClaimedTask, pool: String, softDeadline: ContinuousClock.Instant, hardDeadline: ContinuousClock.Instant,
        isIsolated: Bool = false
    ) {
        self.task = task
        self.pool = pool
        self.softDeadline = softDeadline
        self.hardDeadline = hardDeadline
        giveUpAt = isIsolated ? hardDeadline + Self.killMargin : hardDeadline
    }

    var stopReason: StopReason? { state.withLock { $0.stopReason } }

    /// Hands over the Swift task that runs the handler; cancels it when a stop came first.
    func attach(_ handle: Task<Void, Never>) {
        let isStopped = state.withLock { state in
            state.handle = handle
            return state.stopReason != nil
        }
        if isStopped { handle.cancel() }
    }

    /// Asks the handler to end. Cancellation is sent outside the lock: its handlers run on this thread.
    func stop(_ reason: StopReason) {
        let handle = state.withLock { state -> Task<Void, Never>? in
            guard state.stopReason == nil else { return nil }
            state.stopReason = reason
            return state.handle
        }
        handle?.cancel()
    }
}

import Synchronization

/// The worker id this process claims under, and when it was last known to be alive in the database.
final class WorkerIdentity: Sendable {
    private struct State {
        var worker: Int64?
        var renewedAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Nil before registration and between a lost lease and the next registration.
    var worker: Int64? { state.withLock { $0.worker } }

    /// A new id. Of two that were taken at once the first counts; the other's row is never renewed and is found dead.
    /// - Parameter instant: as for ``renewed(_:at:)``.
    func registered(_ worker: Int64, at instant: ContinuousClock.Instant) {
        state.withLock { if $0.worker == nil { $0 = State(worker: worker, renewedAt: instant) } }
    }

    /// The lease goes on, unless it was given up while this was being written.
    /// - Parameter instant: when the write that proved life was begun, so that a slow write does not lengthen the lease.
    func renewed(_ worker: Int64, at instant: ContinuousClock.Instant) {
        state.withLock { if $0.worker == worker { $0.renewedAt = instant } }
    }

    func forget() {
        state.withLock { $0 = State() }
    }

    /// How long ago the lease was renewed; nil without one.
    func age(at instant: ContinuousClock.Instant) -> Duration? {
        state.withLock { $0.renewedAt?.duration(to: instant) }
    }
}

/// Decides from heartbeat counters which workers are dead, by this process's own monotonic clock: no two clocks are
/// compared, so none that is set wrong or set back kills a worker.
package struct LivenessObserver: Sendable {
    private var seen: [Int64: (count: Int64, since: ContinuousClock.Instant)] = [:]
    private let deadAfter: Duration

    /// - Parameter deadAfter: how long a counter may stand still.
    package init(deadAfter: Duration) {
        self.deadAfter = deadAfter
    }

    /// Takes what the database says now and returns the workers whose counter has stood still for too long. One that was
    /// never seen before gets the full time from now.
    package mutating func observe(_ beats: [WorkerLease.Beat], at instant: ContinuousClock.Instant) -> [WorkerLease.Beat] {
        var dead: [WorkerLease.Beat] = []
        var next: [Int64: (count: Int64, since: ContinuousClock.Instant)] = [:]
        for beat in beats {
            let previous = seen[beat.worker]
            let since = previous?.count == beat.count ? previous?.since ?? instant : instant
            next[beat.worker] = (beat.count, since)
            if since.duration(to: instant) >= deadAfter { dead.append(beat) }
        }
        seen = next
        return dead
    }
}

import Foundation

/// Where the engine takes its time from: wall time for what is stored, a monotonic clock for lengths. Tests pass their own.
package struct EngineClock: Sendable {
    /// Microseconds since 1970 UTC.
    package var now: @Sendable () -> Int64
    /// Never goes back; used for time limits and liveness.
    package var monotonic: @Sendable () -> ContinuousClock.Instant

    package init(now: @escaping @Sendable () -> Int64, monotonic: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
        self.monotonic = monotonic
    }

    /// The machine's clocks.
    package static let system = EngineClock(now: {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    })
}

import Synchronization

/// Wall-clock time under the test's control, microseconds since 1970 UTC.
package final class TestClock: Sendable {
    private let time: Mutex<Int64>

    /// - Parameter now: the first reading. Default: 1,000,000 s after 1970, so that subtracting stays positive.
    package init(_ now: Int64 = 1_000_000_000_000) {
        time = Mutex(now)
    }

    /// The current reading; may be set to any value, also backwards as a real wall clock does.
    package var now: Int64 {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }

    /// Moves the clock and returns the new reading.
    @discardableResult
    package func advance(by duration: Duration) -> Int64 {
        time.withLock { now in
            let (seconds, attoseconds) = duration.components
            now += seconds * 1_000_000 + attoseconds / 1_000_000_000_000
            return now
        }
    }
}

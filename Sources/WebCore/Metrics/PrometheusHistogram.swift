import CoreMetrics
import Synchronization

/// A distribution in fixed buckets.
final class PrometheusHistogram: TimerHandler, RecorderHandler {
    struct Values {
        /// Observations per bucket, each in the first whose bound is not below it; the last has no bound.
        var counts: [Int]
        var sum: Double = 0
    }

    /// Upper bounds in ascending order, in seconds: from half a millisecond, where requests end, to an hour, where tasks do.
    static let durationBounds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600,
    ]
    /// Bounds for numbers without a unit, such as rows in a batch.
    static let sizeBounds: [Double] = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262_144, 1_048_576]

    let bounds: [Double]
    private let current: Mutex<Values>

    init(bounds: [Double]) {
        self.bounds = bounds
        current = Mutex(Values(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    var values: Values { current.withLock { $0 } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        // NaN would make the sum useless for ever.
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        current.withLock { values in
            values.counts[bucket] += 1
            values.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) {
        record(Double(duration) / 1_000_000_000)
    }
}

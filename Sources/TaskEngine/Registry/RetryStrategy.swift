/// When a failed attempt is made again.
public struct RetryStrategy: Sendable, Equatable {
    /// Retries after the first attempt: attempts = retries + 1. Default 3. A submit may say otherwise.
    public var maxRetries: Int
    /// Delay before the first retry. Default 60 s.
    public var base: Duration
    /// No delay is longer. Default 600 s.
    public var cap: Duration

    /// Doubling delays with jitter: random(0.5 … 1) × min(cap, base × 2^(n−1)) before retry n. The jitter keeps tasks that
    /// failed together from coming back together.
    public static func exponentialJitter(
        maxRetries: Int = 3, base: Duration = .seconds(60), cap: Duration = .seconds(600)
    ) -> RetryStrategy {
        RetryStrategy(maxRetries: maxRetries, base: base, cap: cap)
    }

    /// The first failure is final.
    public static let dontRetry = RetryStrategy(maxRetries: 0, base: .zero, cap: .zero)

    /// The delay before retry `n` (from 1).
    /// - Parameter random: uniform in 0 ..< 1.
    package func delay(beforeRetry n: Int, random: Double) -> Duration {
        // 2^62 overflows nothing and is far above any cap.
        let doublings = Double(1 << min(max(n - 1, 0), 62))
        let full = min(cap.microseconds, base.microseconds * doublings)
        return .microseconds(Int64(min(full, Duration.aCentury.microseconds) * (0.5 + random / 2)))
    }
}

extension Duration {
    /// This duration as a number of microseconds.
    var microseconds: Double { self / .microseconds(1) }
    /// Longer than anybody waits, and far from what a time in microseconds can hold.
    static let aCentury = Duration.seconds(100 * 366 * 86_400)

    /// Whole microseconds; what is longer than a century counts as one.
    var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = min(max(self, .zero - .aCentury), .aCentury).components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}

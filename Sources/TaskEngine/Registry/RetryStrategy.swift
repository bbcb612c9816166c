/// When a failed attempt is made again.
package struct RetryStrategy: Sendable, Equatable {
    /// Retries after the first attempt: attempts = retries + 1. Default 3. A submit may say otherwise.
    package var maxRetries: Int
    /// Delay before the first retry. Default 60 s.
    package var base: Duration
    /// No delay is longer. Default 600 s.
    package var cap: Duration

    /// Doubling delays with jitter: random(0.5 … 1) × min(cap, base × 2^(n−1)) before retry n. The jitter keeps tasks that
    /// failed together from coming back together.
    package static func exponentialJitter(
        maxRetries: Int = 3, base: Duration = .seconds(60), cap: Duration = .seconds(600)
    ) -> RetryStrategy {
        RetryStrategy(maxRetries: maxRetries, base: base, cap: cap)
    }

    /// The first failure is final.
    package static let dontRetry = RetryStrategy(maxRetries: 0, base: .zero, cap: .zero)

    /// The delay before retry `n` (from 1).
    /// - Parameter random: uniform in 0 ..< 1.
    package func delay(beforeRetry n: Int, random: Double) -> Duration {
        // 2^62 overflows nothing and is far above any cap.
        let doublings = Double(1 << min(max(n - 1, 0), 62))
        let full = min(cap.microseconds, base.microseconds * doublings)
        return .microseconds(Int64(full * (0.5 + random / 2)))
    }
}

extension Duration {
    /// This duration as a number of microseconds.
    var microseconds: Double { self / .microseconds(1) }
    /// Whole microseconds.
    var wholeMicroseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}

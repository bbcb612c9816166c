/// When to try connecting again after failures: 20 ms at first, doubled up to a second, with jitter.
struct PostgresBackoff {
    /// The last failure since the last success.
    private(set) var failure: StorageError?
    private(set) var nextAttempt = ContinuousClock.now
    private var delay = PostgresBackoff.shortest

    mutating func failed(_ error: StorageError) {
        failure = error
        nextAttempt = .now + delay * Double.random(in: 0.75...1.25)
        delay = min(delay * 2, .seconds(1))
    }

    mutating func reset() { self = Self() }

    private static let shortest = Duration.milliseconds(20)
}

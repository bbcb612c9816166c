import JSONText
package import Storage

/// Why an attempt failed, for people and for clients that switch over it.
public struct TaskError: Error, Sendable, Equatable {
    /// A stable lower-case word: `handler_error`, `timed_out`, `worker_lost`, `invalid_input`, or the handler's own.
    public var code: String
    /// For people; cut at 4,000 bytes.
    public var message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message.shortened(toBytes: Self.longestMessage)
    }

    static let longestMessage = 4000
}

/// How one attempt ended. One exhaustive switch (``Settlement``) says what follows from each.
package enum TaskOutcome: Sendable {
    /// `output` is JSON, nil for none. `effects` runs inside the transaction that records the success, after the fence was
    /// checked; it may run more than once and is rolled back with it. `followUps` are submitted there for the same tenant.
    case succeeded(output: String?, effects: (@Sendable (any Connection) throws -> Void)? = nil, followUps: [SubmitRequest] = [])
    /// Failed; tried again while retries are left. `after` replaces the strategy's delay.
    case retry(TaskError, after: Duration? = nil)
    /// Failed for good, whatever retries are left.
    case failed(TaskError)
    /// The handler threw after a cancellation had been asked for.
    case cancelled
    /// A time limit was reached. Tried again like an error.
    case timedOut(TaskError)
    /// The handler asked to be run again at this time (microseconds since 1970). Not counted.
    case snoozed(until: Int64)
    /// Shutdown came first. Put back at once, not counted.
    case interrupted
}

/// The word an attempt row carries (CHECK constraint on `attempts.outcome`).
package enum AttemptOutcome: String, Sendable, CaseIterable {
    case succeeded
    case failed
    case cancelled
    case timedOut = "timed_out"
    case interrupted
    case lost
}

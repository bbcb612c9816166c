/// What a handler throws to say how its failure is to be treated. Any other error is tried again by the type's strategy.
public enum TaskFailure: Error, Sendable {
    /// No retry helps: the task fails at once.
    case permanent(TaskError)
    /// Try again, after this delay instead of the strategy's.
    case retry(TaskError, after: Duration)
    /// Not a failure: run again after this delay, uncounted.
    case snooze(Duration)

    /// A permanent failure from its parts.
    public static func permanent(code: String, _ message: String) -> TaskFailure {
        .permanent(TaskError(code: code, message: message))
    }
}

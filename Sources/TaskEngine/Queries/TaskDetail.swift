/// Everything that is kept about one task.
package struct TaskDetail: Sendable {
    /// What lists show of it.
    package let summary: TaskSummary
    /// Its place in a workflow run; nil for a task of its own.
    package let node: TaskNode?
    /// The node's id in the definition; nil for a task of its own, and when the definition was not looked at.
    package let nodeName: String?
    /// JSON text, the client's own bytes; `{}` when it was submitted without input. Of a node: filled in as far as it is known.
    package let input: String
    /// JSON text; nil when the handler returned nothing, has not returned yet, or the result has expired.
    package let output: String?
    /// Whether there was a result that is no longer kept.
    package let isResultExpired: Bool
    /// JSON object text; nil for none.
    package let metadata: String?
    /// The key that it holds, or held until it ended; nil for none.
    package let uniqueKey: String?
    /// When it is cancelled unless an attempt has begun before, microseconds since 1970; nil for never.
    package let expiresAt: Int64?
    /// Soft limit in milliseconds; nil uses the default of the process that runs it.
    package let softMilliseconds: Int64?
    /// Hard limit in milliseconds; nil uses the default of the process that runs it.
    package let timeoutMilliseconds: Int64?
    /// The worker that runs it now; nil when it does not run.
    package let worker: Int64?
    /// When a cancellation was asked for first, microseconds since 1970; nil when none was.
    package let cancelRequestedAt: Int64?
    /// Rises in every transition.
    package let version: Int64
    /// How far the last attempt came; nil when it said nothing.
    package let progress: ProgressDetail?
    /// Oldest first, with those that have no row of their own: a success at the first attempt, and the one that runs.
    package let attempts: [AttemptDetail]
}

/// How far an attempt says it is.
package struct ProgressDetail: Sendable, Equatable {
    /// 0 … 1; nil when unknown.
    package let fraction: Double?
    /// For people; nil for none.
    package let message: String?
    /// Microseconds since 1970.
    package let updatedAt: Int64
}

/// One attempt as people see it.
package struct AttemptDetail: Sendable {
    /// From 1. An attempt that was put back uncounted (interrupted) has the same number as the one after it.
    package let number: Int
    /// The worker's id; nil for a success at the first attempt, which keeps no row of its own.
    package let worker: Int64?
    /// The worker's name; nil when its row is gone or ``worker`` is nil.
    package let workerName: String?
    /// Microseconds since 1970.
    package let startedAt: Int64
    /// Microseconds since 1970; nil while it runs.
    package let finishedAt: Int64?
    /// Nil while it runs.
    package let outcome: AttemptOutcome?
    /// Nil when it succeeded or runs.
    package let error: TaskError?
}

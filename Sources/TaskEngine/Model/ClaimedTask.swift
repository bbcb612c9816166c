/// A task as a worker holds it. `id`, `claim` and `worker` together are the fence of every write about it.
package struct ClaimedTask: Sendable {
    /// The task's id.
    package let id: Int64
    /// Its owner.
    package let tenant: String
    /// Name of its task type, never an alias.
    package let type: String
    /// The queue it was claimed from.
    package let queue: String
    /// 0 highest … 9.
    package let priority: Int
    /// Rises with every claim.
    package var claim: Int64
    /// From 1, this one included.
    package let attempt: Int
    /// Attempts made before the last redrive; they use up no retries.
    package let attemptBase: Int
    /// Retries after the first attempt.
    package let maxRetries: Int
    /// The task's own soft limit; nil: the type's, else the process's.
    package let softMilliseconds: Int64?
    /// The task's own hard limit; nil: the type's, else the process's.
    package let timeoutMilliseconds: Int64?
    /// When it became ready: start latency is counted from here.
    package let readyAt: Int64
    /// When it was submitted, microseconds since 1970.
    package let createdAt: Int64
    /// When it was claimed, microseconds since 1970.
    package let startedAt: Int64
    /// The row's version after the claim.
    package let version: Int64
    /// The worker id it was claimed under.
    package var worker: Int64
    /// JSON text. Of a node it is made when the attempt begins: see ``NodeInputs``.
    package var input: String
    /// No attempt begins at this time or later, microseconds since 1970; nil for never.
    package let expiresAt: Int64?
    /// Its place in a workflow run; nil for a task of its own.
    package var node: TaskNode?
    /// The run that it is a node of.
    package var run: RunHead?

    /// Whether a failure of this attempt may be followed by another attempt.
    package var hasRetriesLeft: Bool { attempt - attemptBase <= maxRetries }

    /// Whether it was claimed too late to begin.
    var isExpired: Bool { expiresAt.map { $0 <= startedAt } ?? false }
}

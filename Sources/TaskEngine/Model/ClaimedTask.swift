/// A task as a worker holds it. `id`, `claim` and `worker` together are the fence of every write about it.
package struct ClaimedTask: Sendable {
    package let id: Int64
    package let tenant: String
    package let type: String
    package let queue: String
    package let priority: Int
    /// Rises with every claim.
    package var claim: Int64
    /// From 1, this one included.
    package let attempt: Int
    /// Attempts made before the last redrive; they use up no retries.
    package let attemptBase: Int
    package let maxRetries: Int
    package let softMilliseconds: Int64?
    package let timeoutMilliseconds: Int64?
    /// When it became ready: start latency is counted from here.
    package let readyAt: Int64
    package let createdAt: Int64
    package let startedAt: Int64
    package let version: Int64
    /// The worker id it was claimed under.
    package var worker: Int64
    /// JSON text.
    package let input: String

    /// Whether a failure of this attempt may be followed by another attempt.
    package var hasRetriesLeft: Bool { attempt - attemptBase <= maxRetries }
}

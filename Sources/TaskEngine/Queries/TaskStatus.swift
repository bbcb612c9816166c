/// What a client polls for: state, result, error, progress.
package struct TaskStatus: Sendable {
    /// The task's id.
    package let id: Int64
    /// Where it stands.
    package let state: TaskState
    /// JSON text; nil when there is none.
    package let output: String?
    /// Whether there was a result that is no longer kept.
    package let isResultExpired: Bool
    /// The error of the last attempt; nil when that succeeded or there was none.
    package let error: TaskError?
    /// How far the last attempt came; nil when it said nothing.
    package let progress: ProgressDetail?
}

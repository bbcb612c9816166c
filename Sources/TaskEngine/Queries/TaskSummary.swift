import Storage

/// One task as a list shows it.
package struct TaskSummary: Sendable {
    /// The task's id; lists are ordered by it.
    package let id: Int64
    /// The type's own name, never an alias.
    package let type: String
    /// The queue it waits in.
    package let queue: String
    /// Where it stands.
    package let state: TaskState
    /// 0 highest … 9.
    package let priority: Int
    /// Counted attempts so far, the running one included.
    package let attempt: Int
    /// Attempts made before the last redrive; they use up no retries.
    package let attemptBase: Int
    /// Retries after the first attempt.
    package let maxRetries: Int
    /// When it became ready (queued) or will be (scheduled), microseconds since 1970.
    package let readyAt: Int64
    /// Microseconds since 1970.
    package let createdAt: Int64
    /// Start of the last attempt, microseconds since 1970; nil when there was none since it was submitted or redriven.
    package let startedAt: Int64?
    /// Microseconds since 1970; nil while it is not in a terminal state.
    package let finishedAt: Int64?
    /// The error of the last attempt; nil when that succeeded or there was none.
    package let error: TaskError?
    /// JSON array of strings; nil for none.
    package let tags: String?
}

extension TaskSummary {
    /// What ``init(_:)`` decodes; expects `tasks AS t` joined with `task_payloads AS p`.
    static let columns: SQL = """
        t.id, t.type, t.queue, t.state, t.priority, t.attempt, t.attempt_base, t.max_retries, t.ready_at, t.created_at, t.started_at,
        t.finished_at, t.error_code, t.error_message, p.tags
        """
    /// How many columns ``columns`` are; a statement's own columns follow from here.
    static let columnCount = 15

    /// Decodes ``columns``.
    init(_ row: Row) throws {
        self.init(
            id: row.int(0), type: row.text(1), queue: row.text(2), state: try TaskState(stored: row.text(3)), priority: Int(row.int(4)),
            attempt: Int(row.int(5)), attemptBase: Int(row.int(6)), maxRetries: Int(row.int(7)), readyAt: row.int(8), createdAt: row.int(9),
            startedAt: row.intOrNil(10), finishedAt: row.intOrNil(11),
            error: TaskError(code: row.textOrNil(12), message: row.textOrNil(13)), tags: row.textOrNil(14))
    }
}

extension TaskError {
    /// Two columns that are NULL together.
    init?(code: String?, message: String?) {
        guard let code else { return nil }
        self.init(code: code, message: message ?? "")
    }
}

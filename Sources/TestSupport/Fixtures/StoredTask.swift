package import Storage
package import TaskEngine

/// A task's row as it stands in the database, with its payload and result.
package struct StoredTask: Sendable, Equatable {
    /// Column `id`.
    package var id: Int64
    /// Column `tenant`.
    package var tenant: String
    /// Column `type`.
    package var type: String
    /// Column `queue`.
    package var queue: String
    /// Column `state`.
    package var state: TaskState
    /// Column `priority`: 0 highest … 9.
    package var priority: Int
    /// Column `ready_at`, microseconds as all times here.
    package var readyAt: Int64
    /// Column `created_at`.
    package var createdAt: Int64
    /// Column `max_retries`.
    package var maxRetries: Int
    /// Column `soft_ms`; nil when the process decides.
    package var softMilliseconds: Int64?
    /// Column `timeout_ms`; nil when the process decides.
    package var timeoutMilliseconds: Int64?
    /// Column `attempt`: counted attempts, the running one included.
    package var attempt: Int
    /// Column `attempt_base`: attempts before the last redrive.
    package var attemptBase: Int
    /// Column `claim`: the fence.
    package var claim: Int64
    /// Column `lost`: attempts that ended with their worker.
    package var lost: Int
    /// Column `version`: 1 at submit.
    package var version: Int64
    /// Column `worker`; nil unless running.
    package var worker: Int64?
    /// Column `started_at`; nil before the first claim.
    package var startedAt: Int64?
    /// Column `finished_at`; nil unless terminal.
    package var finishedAt: Int64?
    /// Column `cancel_requested_at`; nil when nobody asked.
    package var cancelRequestedAt: Int64?
    /// Column `error_code`; nil without an error.
    package var errorCode: String?
    /// Column `error_message`; nil without an error.
    package var errorMessage: String?
    /// JSON; nil when there is no payload row.
    package var input: String?
    /// JSON array; nil when there are none.
    package var tags: String?
    /// JSON object; nil when there is none.
    package var metadata: String?
    /// JSON; nil when there is no result row.
    package var output: String?

    /// Reads the row of task `id`, nil when there is none.
    package static func read(_ id: Int64, on connection: any Connection) throws -> StoredTask? {
        try connection.row(
            """
            SELECT t.id, t.tenant, t.type, t.queue, t.state, t.priority, t.ready_at, t.created_at, t.max_retries, t.soft_ms, t.timeout_ms,
                t.attempt, t.attempt_base, t.claim, t.lost, t.version, t.worker, t.started_at, t.finished_at, t.cancel_requested_at,
                t.error_code, t.error_message, p.input, p.tags, p.metadata, r.output
            FROM tasks t LEFT JOIN task_payloads p ON p.task_id = t.id LEFT JOIN task_results r ON r.task_id = t.id
            WHERE t.id = \(id)
            """, StoredTask.init)
    }

    private init(_ row: Row) throws {
        id = row.int(0)
        tenant = row.text(1)
        type = row.text(2)
        queue = row.text(3)
        guard let state = TaskState(rawValue: row.text(4)) else { throw StorageError(.corrupt, "unknown state \(row.text(4))") }
        self.state = state
        priority = Int(row.int(5))
        readyAt = row.int(6)
        createdAt = row.int(7)
        maxRetries = Int(row.int(8))
        softMilliseconds = row.intOrNil(9)
        timeoutMilliseconds = row.intOrNil(10)
        attempt = Int(row.int(11))
        attemptBase = Int(row.int(12))
        claim = row.int(13)
        lost = Int(row.int(14))
        version = row.int(15)
        worker = row.intOrNil(16)
        startedAt = row.intOrNil(17)
        finishedAt = row.intOrNil(18)
        cancelRequestedAt = row.intOrNil(19)
        errorCode = row.textOrNil(20)
        errorMessage = row.textOrNil(21)
        input = row.textOrNil(22)
        tags = row.textOrNil(23)
        metadata = row.textOrNil(24)
        output = row.textOrNil(25)
    }
}

package import Storage
package import TaskEngine

/// A task's row as it stands in the database, with its payload and result.
package struct StoredTask: Sendable, Equatable {
    package var id: Int64
    package var tenant: String
    package var type: String
    package var queue: String
    package var state: TaskState
    package var priority: Int
    package var readyAt: Int64
    package var createdAt: Int64
    package var maxRetries: Int
    package var softMilliseconds: Int64?
    package var timeoutMilliseconds: Int64?
    package var attempt: Int
    package var attemptBase: Int
    package var claim: Int64
    package var lost: Int
    package var version: Int64
    package var worker: Int64?
    package var startedAt: Int64?
    package var finishedAt: Int64?
    package var cancelRequestedAt: Int64?
    package var errorCode: String?
    package var errorMessage: String?
    /// JSON; nil when there is no payload row.
    package var input: String?
    package var tags: String?
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

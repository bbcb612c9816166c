package import Storage

/// Cancels tasks whose time to expire came before an attempt began: no attempt begins at that time or later.
///
/// Before the commit they wait; after it they are cancelled for good, with the error `expired`. An attempt that runs at that
/// time goes on, and if it is to be made again the task expires instead. Several processes may expire tasks at once: each
/// takes rows that nobody else holds.
package enum Expire {
    /// At most this many in one transaction.
    package static let largestBatch = 1000

    /// What a round led to.
    package struct Result: Sendable {
        /// What was cancelled, to be announced.
        package var changes: [TaskChange]
        /// Whether more may have expired already: come again at once.
        package var hasMore: Bool
        /// When the next unfinished task expires, microseconds since 1970; nil when none does. At or before `now` for one that
        /// runs: it may be put back at any time.
        package var next: Int64?
    }

    /// Cancels up to `limit` tasks that do not run and have expired at `now`, microseconds since 1970, the earliest first.
    package static func expire(now: Int64, limit: Int = largestBatch, on connection: any Connection) throws -> Result {
        let changes = try connection.rows(
            """
            WITH due AS MATERIALIZED (
                SELECT id FROM tasks
                WHERE expires_at IS NOT NULL AND finished_at IS NULL AND expires_at <= \(now)
                    AND \(plainColumn: "state") IN ('waiting', 'scheduled', 'queued')
                ORDER BY expires_at, id LIMIT \(limit)\(lock: .updateSkipLocked))
            UPDATE tasks
            SET state = 'cancelled', finished_at = \(now), error_code = \(error.code), error_message = \(error.message), version = version + 1
            FROM due WHERE tasks.id = due.id
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
        return Result(changes: changes, hasMore: changes.count == limit, next: try next(connection))
    }

    /// Cancels tasks that were claimed too late, in the transaction of their claim: the attempt that the claim counted was none.
    package static func end(_ claimed: [ClaimedTask], now: Int64, on connection: any Connection) throws -> [TaskChange] {
        guard !claimed.isEmpty else { return [] }
        var fences = RowSet([.bigint("id"), .bigint("claim"), .bigint("worker")], capacity: claimed.count)
        for task in claimed { fences.append([.int(task.id), .int(task.claim), .int(task.worker)]) }
        return try connection.rows(
            """
            UPDATE tasks
            SET state = 'cancelled', worker = NULL, attempt = attempt - 1, finished_at = \(now), error_code = \(error.code),
                error_message = \(error.message), version = version + 1,
                started_at = (SELECT MAX(a.started_at) FROM attempts AS a WHERE a.task_id = tasks.id AND a.attempt > tasks.attempt_base)
            FROM \(fences, as: "r")
            WHERE tasks.id = r.id AND tasks.claim = r.claim AND \(plainColumn: "tasks.worker") = r.worker
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
    }

    private static func next(_ connection: any Connection) throws -> Int64? {
        try connection.row(
            "SELECT expires_at FROM tasks WHERE expires_at IS NOT NULL AND finished_at IS NULL ORDER BY expires_at, id LIMIT 1"
        ) { $0.int(0) }
    }

    private static let error = TaskError(code: "expired", message: "it expired before an attempt could begin")
}

package import Storage

/// Queues scheduled tasks whose time has come.
///
/// Before the commit they wait for their timer; after it they wait for a slot. Several processes may promote at once:
/// each takes rows that nobody else holds.
package enum Promote {
    /// At most this many in one transaction, so that 100,000 due at once do not hold the writer.
    package static let largestBatch = 1000

    /// What a round of promotion did.
    package struct Result: Sendable {
        /// What was queued, to be announced.
        package var changes: [TaskChange]
        /// When the next scheduled task is due, microseconds since 1970; nil when there is none. At or before `now` when
        /// more are due already.
        package var nextDue: Int64?
    }

    /// Queues up to `limit` tasks that are due at `now`, microseconds since 1970, the earliest first.
    package static func promote(now: Int64, limit: Int = largestBatch, on connection: any Connection) throws -> Result {
        let changes = try connection.rows(
            """
            WITH due AS MATERIALIZED (
                SELECT id FROM tasks WHERE state = 'scheduled' AND ready_at <= \(now) ORDER BY ready_at, id LIMIT \(limit)
                \(lock: .updateSkipLocked))
            UPDATE tasks SET state = 'queued', version = version + 1 FROM due WHERE tasks.id = due.id
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
        let nextDue = try connection.row("SELECT ready_at FROM tasks WHERE state = 'scheduled' ORDER BY ready_at, id LIMIT 1") { $0.int(0) }
        return Result(changes: changes, nextDue: nextDue)
    }
}

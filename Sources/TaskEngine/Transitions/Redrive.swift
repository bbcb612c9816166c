package import Storage

/// Brings a failed, cancelled or skipped task back: the only way out of a terminal state.
///
/// Attempts and their errors are kept; the retry budget and the count of lost attempts begin anew, or the task would fail
/// again at its first error. Before the commit it is terminal, after it it is queued.
package enum Redrive {
    /// What a redrive led to.
    package enum Result: Sendable, Equatable {
        case queued(TaskChange)
        /// Not redrivable in this state: unfinished, or succeeded.
        case refused(TaskState)
        /// The tenant has no such task.
        case unknown
    }

    /// Queues the task again at `now`, microseconds since 1970, if its state allows.
    package static func redrive(task id: Int64, tenant: String, now: Int64, on connection: any Connection) throws -> Result {
        let found = try connection.row("SELECT state FROM tasks WHERE id = \(id) AND tenant = \(tenant)\(lock: .update)") { row in
            try TaskState(stored: row.text(0))
        }
        guard let state = found else { return .unknown }
        switch state {
        case .waiting, .scheduled, .queued, .running, .succeeded: return .refused(state)
        case .failed, .cancelled, .skipped: break
        }
        let change = try connection.row(
            """
            UPDATE tasks
            SET state = 'queued', ready_at = \(now), finished_at = NULL, started_at = NULL, cancel_requested_at = NULL, lost = 0,
                attempt_base = attempt, error_code = NULL, error_message = NULL, version = version + 1
            WHERE id = \(id) RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
        return change.map { .queued($0) } ?? .unknown
    }
}

package import Storage

/// Brings a failed, cancelled or skipped task back: the only way out of a terminal state.
///
/// Attempts and their errors are kept; the retry budget and the count of lost attempts begin anew, or the task would fail
/// again at its first error. Its expiry is forgotten, and a unique key is taken again. Before the commit it is terminal,
/// after it it is queued.
package enum Redrive {
    /// What a redrive led to.
    package enum Result: Sendable, Equatable {
        case queued(TaskChange)
        /// Not redrivable in this state: unfinished, or succeeded.
        case refused(TaskState)
        /// It is a node of this workflow run, which is retried as a whole.
        case node(run: Int64)
        /// Not now: this other task holds its unique key.
        case keyTaken(by: Int64)
        /// The tenant has no such task.
        case unknown
    }

    /// Queues the task again at `now`, microseconds since 1970, if its state allows.
    package static func redrive(task id: Int64, tenant: String, now: Int64, on connection: any Connection) throws -> Result {
        guard let found = try lock(id, tenant, connection) else { return .unknown }
        if let run = found.run { return .node(run: run) }
        switch found.state {
        case .waiting, .scheduled, .queued, .running, .succeeded: return .refused(found.state)
        case .failed, .cancelled, .skipped: break
        }
        if let claimant = found.claimant, let holder = try UniqueKeys.acquire([claimant], now: now, on: connection)[id] {
            return .keyTaken(by: holder.id)
        }
        return try queue([id], now: now, on: connection).first.map { .queued($0) } ?? .unknown
    }

    /// Queues tasks that the caller has locked, found to be redrivable, and got their unique keys for.
    static func queue(_ ids: [Int64], now: Int64, on connection: any Connection) throws -> [TaskChange] {
        guard !ids.isEmpty else { return [] }
        return try connection.rows(
            """
            UPDATE tasks
            SET state = 'queued', ready_at = \(now), finished_at = NULL, started_at = NULL, cancel_requested_at = NULL, lost = 0,
                expires_at = NULL, attempt_base = attempt, error_code = NULL, error_message = NULL, version = version + 1
            FROM \(RowSet(ids: ids), as: "r") WHERE tasks.id = r.id RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
    }

    private struct Found {
        let state: TaskState
        /// The workflow run that it is a node of.
        let run: Int64?
        /// Nil without a unique key.
        let claimant: UniqueKeys.Claimant?
    }

    private static func lock(_ id: Int64, _ tenant: String, _ connection: any Connection) throws -> Found? {
        try connection.row("SELECT state, type, unique_key, run_id FROM tasks WHERE id = \(id) AND tenant = \(tenant)\(lock: .update)") {
            row in
            Found(
                state: try TaskState(stored: row.text(0)), run: row.intOrNil(3),
                claimant: row.textOrNil(2).map {
                    UniqueKeys.Claimant(task: id, tenant: tenant, type: row.text(1), key: UniqueKey($0))
                })
        }
    }
}

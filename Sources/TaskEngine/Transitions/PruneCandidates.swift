package import Storage

/// Looks for what may be pruned, across tenants, by walking up the ids in short reads: no index holds the time at which a
/// task ended, since every completion would pay for it.
package enum PruneCandidates {
    /// Rows that one read looks at.
    package static let window = 2000

    /// What a read found.
    package struct Found: Sendable, Equatable {
        /// Ids of tasks, ascending.
        package var ids: [Int64]
        /// The last row that was looked at; nil when there was none left.
        package var lastID: Int64?
    }

    /// A bound for the walk: the first task created at `time` or later, as far as ids rise with time.
    package static func end(createdBefore time: Int64, on connection: any Connection) throws -> Int64 {
        let last = try connection.row("SELECT MAX(id) FROM tasks") { $0.int(0) } ?? 0
        return try TaskIDBounds.first(createdFrom: time, last: last) { id in
            try connection.row("SELECT id, created_at FROM tasks WHERE id >= \(id) ORDER BY id LIMIT 1") { ($0.int(0), $0.int(1)) }
        }
    }

    /// Tasks with ids above `id` and below `end` that ended long enough ago.
    package static func tasks(
        above id: Int64, below end: Int64, _ cutoffs: PruneTasks.Cutoffs, limit: Int = window, on connection: any Connection
    ) throws -> Found {
        let rows = try connection.rows(
            "SELECT id, state, finished_at, run_id FROM tasks WHERE id > \(id) AND id < \(end) ORDER BY id LIMIT \(limit)"
        ) { row in
            // Nodes go with their run.
            let mayGo =
                row.intOrNil(3) != nil
                ? false : try row.intOrNil(2).map { cutoffs.cover(try TaskState(stored: row.text(1)), finishedAt: $0) } ?? false
            return (id: row.int(0), mayGo: mayGo)
        }
        return Found(ids: rows.filter(\.mayGo).map(\.id), lastID: rows.last?.id)
    }

    /// Results of tasks with ids above `id` and below `end` that were stored before `time` and have not expired yet.
    package static func results(
        above id: Int64, below end: Int64, storedBefore time: Int64, limit: Int = window, on connection: any Connection
    ) throws -> Found {
        let rows = try connection.rows(
            """
            SELECT x.task_id, x.created_at, (SELECT t.run_id FROM tasks AS t WHERE t.id = x.task_id) FROM task_results AS x
            WHERE x.task_id > \(id) AND x.task_id < \(end) ORDER BY x.task_id LIMIT \(limit)
            """
        ) { row in (id: row.int(0), storedAt: row.int(1), isOfRun: row.intOrNil(2) != nil) }
        // The outputs of nodes are kept with their run.
        return Found(
            ids: rows.filter { !$0.isOfRun && $0.storedAt > ExpireResults.expired && $0.storedAt < time }.map(\.id), lastID: rows.last?.id)
    }
}

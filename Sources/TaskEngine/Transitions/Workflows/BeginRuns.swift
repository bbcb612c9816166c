import Storage

/// What a claim of nodes means for their runs.
enum BeginRuns {
    /// Says of each claimed node what its run is, and marks runs as running whose first node this is.
    ///
    /// The claim holds its tasks, and whoever ends a run holds the run and waits for tasks: so runs that somebody holds are passed
    /// over. Another claim is marking them, or a transition that does so itself.
    static func begin(_ claimed: [ClaimedTask], now: Int64, on connection: any Connection) throws -> [ClaimedTask] {
        let runs = Set(claimed.compactMap { $0.node?.run })
        guard !runs.isEmpty else { return claimed }
        let found = try connection.rows(
            """
            SELECT w.id, w.definition, (SELECT d.digest FROM workflows AS d WHERE d.id = w.definition), w.state
            FROM \(RowSet(ids: runs.sorted()), as: "r") CROSS JOIN workflow_runs AS w WHERE w.id = r.id
            """
        ) { (RunHead(id: $0.int(0), definition: $0.int(1), digest: $0.text(2)), $0.text(3)) }
        try mark(found.filter { $0.1 == RunState.pending.rawValue }.map(\.0.id), now: now, connection)
        let heads = Dictionary(found.map { ($0.0.id, $0.0) }, uniquingKeysWith: { first, _ in first })
        return claimed.map { task in
            guard let node = task.node else { return task }
            var task = task
            task.run = heads[node.run]
            return task
        }
    }

    private static func mark(_ runs: [Int64], now: Int64, _ connection: any Connection) throws {
        guard !runs.isEmpty else { return }
        try connection.execute(
            """
            UPDATE workflow_runs SET state = 'running', started_at = \(now), version = version + 1 WHERE id IN (
                SELECT w.id FROM \(RowSet(ids: runs.sorted()), as: "r") CROSS JOIN workflow_runs AS w
                WHERE w.id = r.id AND w.state = 'pending' ORDER BY w.id\(sqlite: "", postgres: " FOR UPDATE OF w SKIP LOCKED"))
            """)
    }
}

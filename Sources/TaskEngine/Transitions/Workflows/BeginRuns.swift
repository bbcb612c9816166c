package import Storage

/// What a claim of nodes means for their runs.
package enum BeginRuns {
    /// What a claim led to.
    package struct Result {
        /// The claimed tasks; nodes say what their run is.
        package var tasks: [ClaimedTask]
        /// Runs that are pending as far as the claim could see, and that somebody held: to be marked by ``mark(_:now:on:)`` after
        /// the claim's commit.
        package var unmarked: Set<Int64> = []
    }

    /// Says of each claimed node what its run is, and marks runs as running whose first node this is.
    ///
    /// The claim holds its tasks, and whoever ends a run holds the run and waits for tasks: so runs that somebody holds are passed
    /// over here. If the process dies before they are marked, they are running with the next end of a node.
    package static func begin(_ claimed: [ClaimedTask], now: Int64, on connection: any Connection) throws -> Result {
        let runs = Set(claimed.compactMap { $0.node?.run })
        guard !runs.isEmpty else { return Result(tasks: claimed) }
        let found = try connection.rows(
            """
            SELECT w.id, w.definition, (SELECT d.digest FROM workflows AS d WHERE d.id = w.definition), w.state
            FROM \(RowSet(ids: runs.sorted()), as: "r") CROSS JOIN workflow_runs AS w WHERE w.id = r.id
            """
        ) { (RunHead(id: $0.int(0), definition: $0.int(1), digest: $0.text(2)), $0.text(3)) }
        let pending = found.filter { $0.1 == RunState.pending.rawValue }.map(\.0.id)
        let marked = try markFree(pending, now: now, connection)
        let heads = Dictionary(found.map { ($0.0.id, $0.0) }, uniquingKeysWith: { first, _ in first })
        let tasks = claimed.map { task in
            guard let node = task.node else { return task }
            var task = task
            task.run = heads[node.run]
            return task
        }
        return Result(tasks: tasks, unmarked: Set(pending).subtracting(marked))
    }

    /// Marks runs as running that are pending although a node of theirs was claimed; waits for whoever holds them. A transaction
    /// of its own: the caller holds nothing.
    package static func mark(_ runs: Set<Int64>, now: Int64, on connection: any Connection) throws {
        let pending = try RunRow.hold(runs, on: connection).values.filter { $0.state == .pending }.map(\.id)
        _ = try markFree(pending, now: now, connection)
    }

    private static func markFree(_ runs: [Int64], now: Int64, _ connection: any Connection) throws -> [Int64] {
        guard !runs.isEmpty else { return [] }
        return try connection.rows(
            """
            UPDATE workflow_runs SET state = 'running', started_at = \(now), version = version + 1 WHERE id IN (
                SELECT w.id FROM \(RowSet(ids: runs.sorted()), as: "r") CROSS JOIN workflow_runs AS w
                WHERE w.id = r.id AND w.state = 'pending' ORDER BY w.id\(sqlite: "", postgres: " FOR UPDATE OF w SKIP LOCKED"))
            RETURNING id
            """
        ) { $0.int(0) }
    }
}

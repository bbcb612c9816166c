package import Storage

/// Goes on ending runs that have too many tasks for one transaction.
///
/// A run that was ended from outside is marked with its first piece, so that nothing of it begins any more but what was ready
/// already. Before the commit of a piece its tasks are as they were; after it they are cancelled, or marked where they run, and the
/// run says how far it is: whoever comes next goes on there, in whatever process. Several may do it at once: each waits for the run and
/// looks again.
package enum StopRuns {
    /// Runs that one transaction looks at.
    package static let largestBatch = 50

    /// Runs with something left to be ended, the oldest first, at most ``largestBatch``.
    /// - Parameter runs: these are passed over.
    package static func next(except runs: Set<Int64> = [], on connection: any Connection) throws -> [Int64] {
        try connection.rows(
            """
            SELECT id FROM workflow_runs WHERE stop_node IS NOT NULL\(fragment: ExpireRuns.isOther(runs)) ORDER BY id LIMIT \(largestBatch)
            """
        ) { $0.int(0) }
    }

    /// Ends the next pieces of `runs`. One that has ended meanwhile, or was brought back, has nothing left to be ended.
    package static func stop(_ runs: [Int64], _ workflows: Workflows, now: Int64, on connection: any Connection) throws -> ExpireRuns.Result
    {
        let held = try RunRow.hold(runs, on: connection)
        // A statement of its own: what it reads was committed by whoever held the roots before.
        let positions = try positions(held.keys.sorted(), connection)
        let ending = positions.filter { held[$0.id].map { $0.isEnding && $0.finishedAt == nil } ?? false }
        try forget(positions.map(\.id).filter { id in !ending.contains { $0.id == id } }, connection)
        var advance = RunAdvance(workflows, holding: held, now: now, on: connection)
        var result = ExpireRuns.Result()
        result.cancels = try advance.goOnEnding(ending.map { ($0.id, $0.position) })
        result.changes = try advance.finish()
        result.runs = ending.count
        return result
    }

    private static func positions(
        _ runs: [Int64], _ connection: any Connection
    ) throws -> [(id: Int64, position: RunAdvance.StopPosition)] {
        guard !runs.isEmpty else { return [] }
        return try connection.rows(
            """
            SELECT w.id, w.stop_node, w.stop_element FROM \(RowSet(ids: runs), as: "r") CROSS JOIN workflow_runs AS w
            WHERE w.id = r.id AND w.stop_node IS NOT NULL ORDER BY w.id
            """
        ) { ($0.int(0), RunAdvance.StopPosition(node: $0.int(1), element: $0.int(2))) }
    }

    private static func forget(_ runs: [Int64], _ connection: any Connection) throws {
        guard !runs.isEmpty else { return }
        try connection.execute(
            """
            UPDATE workflow_runs SET stop_node = NULL, stop_element = NULL WHERE id IN (SELECT r.id FROM \(RowSet(ids: runs), as: "r"))
            """)
    }
}

package import Storage

/// Deletes runs that ended long enough ago, with their tasks and all that is theirs.
///
/// Before the commit a run is there as it ended; after it nothing of it is. One with many tasks, a long log or many events loses them in
/// pieces, the last nodes first, before it goes itself; if the process dies in between, the next pass goes on, and until then what is
/// left of the run cannot be retried. The runs of its nodes go by themselves.
package enum PruneRuns {
    /// What one transaction did.
    package struct Result: Sendable, Equatable {
        /// Tasks deleted.
        package var tasks = 0
        /// Whether the run is gone.
        package var isGone = false
    }

    /// Runs that one read looks at.
    package static let window = 500

    /// Runs above `id` that ended before `time`, and the last one that was looked at; nil when there was none left.
    package static func candidates(
        above id: Int64, endedBefore time: Int64, on connection: any Connection
    ) throws -> (runs: [Int64], last: Int64?) {
        let rows = try connection.rows(
            "SELECT id, finished_at FROM workflow_runs WHERE id > \(id) ORDER BY id LIMIT \(window)"
        ) { (id: $0.int(0), finishedAt: $0.intOrNil(1)) }
        return (rows.filter { $0.finishedAt.map { $0 < time } ?? false }.map(\.id), rows.last?.id)
    }

    /// Deletes the next piece of a run, and the run with the last one. One that has not ended, or was retried meanwhile, stays.
    /// - Returns: nil when there is nothing to delete any more.
    package static func prune(_ run: Int64, endedBefore time: Int64, on connection: any Connection) throws -> Result? {
        guard let row = try RunRow.hold([run], on: connection)[run], let finishedAt = row.finishedAt, finishedAt < time else { return nil }
        let tasks = try connection.rows(
            "SELECT id FROM tasks WHERE run_id = \(run) ORDER BY node DESC, element DESC LIMIT \(PruneTasks.largestSlice)"
        ) { $0.int(0) }
        var result = Result()
        if let slice = PruneSlice(tasks.sorted()) {
            if try PruneTasks.deleteLogs(of: slice, connection) == PruneTasks.mostLogLines { return result }
            for table in PruneSlice.Table.allCases where try slice.hasRows(in: table, connection) {
                try slice.delete(from: table, connection)
            }
            result.tasks = try slice.deleteTasks(connection)
        }
        guard tasks.count < PruneTasks.largestSlice, try PruneArtifacts.prune([run], on: connection),
            try deleteLines(run, connection) < PruneTasks.mostLogLines, try deleteEvents(run, connection) < mostEvents
        else { return result }
        try connection.execute("DELETE FROM workflow_runs WHERE id = \(run)")
        result.isGone = true
        return result
    }

    /// Events in one transaction: each may have as much data as a request.
    private static let mostEvents = 100

    private static func deleteEvents(_ run: Int64, _ connection: any Connection) throws -> Int {
        try connection.execute(
            """
            DELETE FROM workflow_events WHERE id IN (
                SELECT e.id FROM workflow_events AS e WHERE e.run_id = \(run) ORDER BY e.id LIMIT \(mostEvents))
            """)
    }

    /// Those of tasks that went before the run: elements of a list that was made anew.
    private static func deleteLines(_ run: Int64, _ connection: any Connection) throws -> Int {
        try connection.execute(
            """
            DELETE FROM task_logs WHERE id IN (
                SELECT l.id FROM task_logs AS l WHERE l.run_id = \(run) ORDER BY l.id LIMIT \(PruneTasks.mostLogLines))
            """)
    }
}

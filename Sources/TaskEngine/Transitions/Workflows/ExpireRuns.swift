package import Storage

/// Ends runs that have reached their time limit.
///
/// Before the commit they go on; after it they end as ``KillRun`` has it, many tasks in pieces (``StopRuns``). Several processes may do it
/// at once: each waits for the runs and looks again.
package enum ExpireRuns {
    /// Runs that are read at once.
    package static let largestBatch = 50

    /// What a round led to.
    package struct Result: Sendable {
        /// To be announced.
        package var changes: [TaskChange] = []
        /// Running tasks whose workers are to be told.
        package var cancels: [Int64] = []
        /// Runs that were ended.
        package var runs = 0
    }

    /// When the next run reaches its limit, microseconds since 1970; nil when none does.
    /// - Parameter runs: of these nobody asks.
    package static func next(except runs: Set<Int64> = [], on connection: any Connection) throws -> Int64? {
        try connection.row(
            """
            SELECT deadline_at FROM workflow_runs
            WHERE deadline_at IS NOT NULL AND finished_at IS NULL AND cancel_requested_at IS NULL\(fragment: isOther(runs))
            ORDER BY deadline_at, id LIMIT 1
            """
        ) { $0.int(0) }
    }

    /// Up to ``largestBatch`` runs whose limit has come at `now`, the earliest first.
    /// - Parameter runs: these are passed over.
    package static func late(now: Int64, except runs: Set<Int64> = [], on connection: any Connection) throws -> [Int64] {
        try connection.rows(
            """
            SELECT id FROM workflow_runs
            WHERE deadline_at IS NOT NULL AND finished_at IS NULL AND deadline_at <= \(now) AND cancel_requested_at IS NULL\(fragment: isOther(runs))
            ORDER BY deadline_at, id LIMIT \(largestBatch)
            """
        ) { $0.int(0) }
    }

    /// A condition on `id`; nothing when none is passed over.
    static func isOther(_ runs: Set<Int64>) -> SQL {
        runs.isEmpty ? "" : " AND id NOT IN (SELECT x.id FROM \(RowSet(ids: runs.sorted()), as: "x"))"
    }

    /// Ends those of `late` whose limit has come at `now`.
    package static func expire(
        _ late: [Int64], now: Int64, _ workflows: Workflows, on connection: any Connection
    ) throws -> Result {
        var result = Result()
        guard !late.isEmpty else { return result }
        let held = try RunRow.hold(late, on: connection)
        var advance = RunAdvance(workflows, holding: held, now: now, on: connection)
        let stillLate = held.values.filter { $0.finishedAt == nil && !$0.isEnding && ($0.deadlineAt ?? .max) <= now }.map(\.id)
        guard !stillLate.isEmpty else { return result }
        result.cancels = try advance.end(Set(stillLate), as: .timedOut, reason: "it reached its time limit")
        result.changes = try advance.finish()
        result.runs = stillLate.count
        return result
    }
}

package import Storage

/// Ends runs that have reached their time limit.
///
/// Before the commit they go on; after it they end as ``KillRun`` has it. Several processes may do it at once: each waits for
/// the runs and looks again.
package enum ExpireRuns {
    /// At most this many in one transaction.
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
    package static func next(on connection: any Connection) throws -> Int64? {
        try connection.row(
            """
            SELECT deadline_at FROM workflow_runs
            WHERE deadline_at IS NOT NULL AND finished_at IS NULL AND cancel_requested_at IS NULL ORDER BY deadline_at, id LIMIT 1
            """
        ) { $0.int(0) }
    }

    /// Ends up to `limit` runs whose limit has come at `now`, the earliest first.
    package static func expire(
        now: Int64, limit: Int = largestBatch, _ workflows: Workflows, on connection: any Connection
    ) throws -> Result {
        let late = try connection.rows(
            """
            SELECT id FROM workflow_runs
            WHERE deadline_at IS NOT NULL AND finished_at IS NULL AND deadline_at <= \(now) AND cancel_requested_at IS NULL
            ORDER BY deadline_at, id LIMIT \(limit)
            """
        ) { $0.int(0) }
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

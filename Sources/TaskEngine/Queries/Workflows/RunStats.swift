package import Storage

/// How a tenant's workflow runs went, from the counts that each ended run was added to (``RollUp``): what it costs depends on
/// workflows, hours and spread of durations, not on the number of runs.
package struct RunStats: Sendable {
    /// Runs that ended, by how and how long.
    package struct Tally: Sendable {
        /// Ended runs by state.
        package private(set) var ended: [RunState: Int] = [:]
        private var buckets: [Int64: Int] = [:]

        /// All that ended.
        package var total: Int { ended.values.reduce(0, +) }

        /// Succeeded ones among those that ran to their end; runs that somebody cancelled say nothing. Nil when there are none.
        package var successRate: Double? {
            let judged = total - (ended[.cancelled] ?? 0)
            return judged == 0 ? nil : Double(ended[.succeeded] ?? 0) / Double(judged)
        }

        /// The duration that this share of the runs did not exceed, in milliseconds, within 5 %; nil when none ended.
        package func percentile(_ share: Double) -> Int64? {
            let rank = max(1, Int((share * Double(total)).rounded(.up)))
            var seen = 0
            for (bucket, count) in buckets.sorted(by: { $0.key < $1.key }) {
                seen += count
                if seen >= rank { return RollUp.milliseconds(ofBucket: bucket) }
            }
            return nil
        }

        mutating func add(_ state: RunState, bucket: Int64, _ count: Int) {
            ended[state, default: 0] += count
            buckets[bucket, default: 0] += count
        }

        mutating func add(_ other: Tally) {
            for (state, count) in other.ended { ended[state, default: 0] += count }
            for (bucket, count) in other.buckets { buckets[bucket, default: 0] += count }
        }
    }

    /// One hour.
    package struct Hour: Sendable {
        /// When it begins, microseconds since 1970.
        package let begin: Int64
        /// Runs that ended in it, by state.
        package var ended: [RunState: Int]
    }

    /// Workflows that are told apart; all are in the sum.
    static let mostWorkflows = 1000

    /// Runs that have not ended.
    package private(set) var unfinished: [RunState: LimitedCount] = [:]
    /// All workflows together.
    package private(set) var all = Tally()
    /// By name of the workflow; those of which no run ended are not there.
    package private(set) var workflows: [(name: String, tally: Tally)] = []
    /// The oldest first, the present one last, those without a run as well.
    package private(set) var hours: [Hour]

    /// - Parameters:
    ///   - hours: how many, the present one included.
    ///   - workflow: the only one that counts; nil counts all.
    ///   - now: microseconds since 1970.
    package static func read(
        hours: Int, workflow: String? = nil, tenant: String, now: Int64, on connection: any Connection
    ) throws -> RunStats {
        let last = now / hour
        let first = last - Int64(hours) + 1
        var stats = RunStats(hours: (first...last).map { Hour(begin: $0 * hour, ended: [:]) })
        for state in [RunState.pending, .running] {
            stats.unfinished[state] = try unfinished(state, workflow, tenant, connection)
        }
        var (name, isFirst) = (workflow ?? "", true)
        while let next = try workflow != nil ? (isFirst ? workflow : nil) : nextName(after: name, tenant, connection) {
            (name, isFirst) = (next, false)
            try stats.add(name, from: first, tenant, connection)
        }
        return stats
    }

    private static let hour: Int64 = 3_600_000_000

    private init(hours: [Hour]) {
        self.hours = hours
    }

    private mutating func add(_ name: String, from first: Int64, _ tenant: String, _ connection: any Connection) throws {
        var tally = Tally()
        for (hour, state, bucket, count) in try Self.counts(name, from: first, tenant, connection) {
            tally.add(state, bucket: bucket, count)
            // A clock that was ahead of ours may have counted into an hour to come.
            let index = min(Int(hour - first), hours.count - 1)
            hours[index].ended[state, default: 0] += count
        }
        guard tally.total > 0 else { return }
        all.add(tally)
        if workflows.count < Self.mostWorkflows { workflows.append((name, tally)) }
    }

    // MARK: - Statements

    /// A seek for each name, however many rows it has.
    private static func nextName(after name: String, _ tenant: String, _ connection: any Connection) throws -> String? {
        try connection.row("SELECT name FROM rollup WHERE tenant = \(tenant) AND name > \(name) ORDER BY tenant, name LIMIT 1") {
            $0.text(0)
        }
    }

    private static func counts(
        _ name: String, from first: Int64, _ tenant: String, _ connection: any Connection
    ) throws -> [(hour: Int64, state: RunState, bucket: Int64, count: Int)] {
        try connection.rows(
            """
            SELECT hour, outcome, bucket, CAST(SUM(count) AS BIGINT) FROM rollup
            WHERE tenant = \(tenant) AND name = \(name) AND hour >= \(first) GROUP BY hour, outcome, bucket
            """
        ) { ($0.int(0), try RunState(stored: $0.text(1)), $0.int(2), Int($0.int(3))) }
    }

    private static func unfinished(
        _ state: RunState, _ workflow: String?, _ tenant: String, _ connection: any Connection
    ) throws -> LimitedCount {
        let ofWorkflow: SQL = workflow.map { " AND w.workflow = \($0)" } ?? ""
        let limit = LimitedCount.usualLimit
        let count = try connection.row(
            """
            SELECT COUNT(*) FROM (
                SELECT 1 FROM workflow_runs AS w
                WHERE w.tenant = \(tenant) AND w.finished_at IS NULL AND \(plainColumn: "w.state") = \(state.rawValue)\(fragment: ofWorkflow)
                LIMIT \(limit + 1)) AS found
            """
        ) { Int($0.int(0)) }
        return LimitedCount(counted: count ?? 0, limit: limit)
    }
}

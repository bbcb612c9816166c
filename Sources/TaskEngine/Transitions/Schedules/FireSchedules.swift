package import Storage

/// Starts what is due.
///
/// Before the commit a due time lies ahead of its schedule; after it there is a firing that names it, what it started exists,
/// and the schedule goes on to the next one: all in one transaction. So each due time is dealt with once, by whichever process
/// comes first, and a process that dies in between has done nothing. Several may fire at once: each takes schedules that nobody
/// else holds. A clock that is set back finds the next due time where it was.
package enum FireSchedules {
    /// At most this many schedules in one transaction.
    package static let largestBatch = 100
    /// At most this many runs in one transaction: one may have thousands of nodes.
    package static let mostRuns = 4
    /// Firings that are kept of each schedule.
    package static let keptFirings: Int64 = 500

    /// What a round did.
    package struct Result: Sendable {
        /// Tasks that were submitted, to be announced.
        package var changes: [TaskChange] = []
        /// Whether workflow runs were started.
        package var hasRuns = false
        /// Due times that were dealt with, fired or not.
        package var count = 0
    }

    /// Lets those go on that waited for their turn, then deals with one due time each of up to `limit` schedules.
    /// - Parameter now: microseconds since 1970.
    package static func fire(
        _ workflows: Workflows = Workflows(), now: Int64, limit: Int = largestBatch, on connection: any Connection
    ) throws -> Result {
        var result = Result()
        let ready = try lockThoseThatCanGoOn(limit, connection)
        try record(ready.compactMap(FiringPlan.init(goingOn:)), workflows, now: now, &result, connection)
        let due = try lockDue(now, limit, connection)
        try record(due.map { FiringPlan(due: $0.schedule, isBusy: $0.isBusy, now: now) }, workflows, now: now, &result, connection)
        return result
    }

    private static func lockThoseThatCanGoOn(_ limit: Int, _ connection: any Connection) throws -> [ScheduleDetail] {
        try connection.rows(
            """
            SELECT \(fragment: ScheduleDetail.columns) FROM schedules AS s
            WHERE s.waiting_at IS NOT NULL AND NOT \(fragment: DueSchedules.isBusy) ORDER BY s.id LIMIT \(limit)\(lock: .updateSkipLocked)
            """, ScheduleDetail.init)
    }

    private static func lockDue(_ now: Int64, _ limit: Int, _ connection: any Connection) throws -> [(
        schedule: ScheduleDetail, isBusy: Bool
    )] {
        try connection.rows(
            """
            SELECT \(fragment: ScheduleDetail.columns), CASE WHEN \(fragment: DueSchedules.isBusy) THEN 1 ELSE 0 END FROM schedules AS s
            WHERE s.next_at IS NOT NULL AND s.next_at <= \(now) ORDER BY s.next_at, s.id LIMIT \(limit)\(lock: .updateSkipLocked)
            """
        ) { (ScheduleDetail($0), $0.bool(ScheduleDetail.columnCount)) }
    }

    private static func record(
        _ plans: [FiringPlan], _ workflows: Workflows, now: Int64, _ result: inout Result, _ connection: any Connection
    ) throws {
        var plans = plans
        for place in try ScheduleRows.known(among: plans, on: connection) { plans[place].isKnown = true }
        plans = withFewRuns(plans)
        guard !plans.isEmpty else { return }
        let started = try StartScheduled.start(plans, workflows, now: now, on: connection)
        result.changes += started.changes
        result.hasRuns = result.hasRuns || started.hasRuns
        result.count += plans.count
        try ScheduleRows.write(started.plans, now: now, on: connection)
    }

    /// The rest stays as it is, and is due at the next round.
    private static func withFewRuns(_ plans: [FiringPlan]) -> [FiringPlan] {
        var runs = 0
        return plans.filter { plan in
            if plan.run != nil { runs += 1 }
            return plan.run == nil || runs <= mostRuns
        }
    }
}

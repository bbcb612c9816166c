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
        /// Schedules that will not fire again until they are written anew.
        package var unreadable: [UnreadableSchedule] = []
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
        let stillBusy = try busy(among: ready, connection)
        let goingOn = ready.filter { !stillBusy.contains($0.id) }.compactMap(FiringPlan.init(goingOn:))
        try record(goingOn, workflows, now: now, &result, connection)
        let due = try lockDue(now, limit, connection)
        let busy = try busy(among: due, connection)
        let plans = due.map { FiringPlan(due: $0, isBusy: busy.contains($0.id), now: now) }
        try record(plans, workflows, now: now, &result, connection)
        result.unreadable = plans.compactMap(\.unreadable)
        return result
    }

    private static func lockThoseThatCanGoOn(_ limit: Int, _ connection: any Connection) throws -> [ScheduleDetail] {
        try connection.rows(
            """
            SELECT \(fragment: ScheduleDetail.columns) FROM schedules AS s
            WHERE s.waiting_at IS NOT NULL AND NOT \(fragment: DueSchedules.isBusy) ORDER BY s.id LIMIT \(limit)\(lock: .updateSkipLocked)
            """, ScheduleDetail.init)
    }

    private static func lockDue(_ now: Int64, _ limit: Int, _ connection: any Connection) throws -> [ScheduleDetail] {
        try connection.rows(
            """
            SELECT \(fragment: ScheduleDetail.columns) FROM schedules AS s
            WHERE s.next_at IS NOT NULL AND s.next_at <= \(now) ORDER BY s.next_at, s.id LIMIT \(limit)\(lock: .updateSkipLocked)
            """, ScheduleDetail.init)
    }

    /// Those of which what was started last is unfinished. Their rows are locked. A statement of its own: the one that locks sees
    /// the rows as somebody else left them a moment ago, but nothing of what that one started.
    private static func busy(among schedules: [ScheduleDetail], _ connection: any Connection) throws -> Set<Int64> {
        let started = schedules.filter { $0.lastTask != nil || $0.lastRun != nil }
        guard !started.isEmpty else { return [] }
        return Set(
            try connection.rows(
                """
                SELECT s.id FROM \(RowSet(ids: started.map(\.id)), as: "r") CROSS JOIN schedules AS s
                WHERE s.id = r.id AND \(fragment: DueSchedules.isBusy)
                """
            ) { $0.int(0) })
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

package import Storage

/// Starts what a schedule starts, now, because somebody asks for it.
///
/// Before the commit nothing of it exists; after it the task or run does, and a firing names it. The schedule goes on as if
/// nothing had been: what runs meanwhile does not hold it back, and this does not hold back what is due.
package enum RunSchedule {
    /// What asking led to.
    package enum Result: Sendable {
        /// It was started.
        case started(ScheduleFiring, [TaskChange])
        /// The tenant has no such schedule.
        case unknown
        /// It cannot be started, for this reason; nothing was written.
        case refused(String)
    }

    /// - Parameter now: microseconds since 1970.
    package static func run(_ key: ScheduleKey, tenant: String, _ workflows: Workflows, now: Int64, on connection: any Connection) throws
        -> Result
    {
        guard let schedule = try LockedSchedule.read(key, tenant: tenant, on: connection) else { return .unknown }
        let time = try freeTime(schedule, from: now, connection)
        let started = try StartScheduled.start([FiringPlan(manual: schedule, at: time)], workflows, now: now, on: connection)
        guard let plan = started.plans.first, plan.outcome == .fired else {
            return .refused(started.plans.first?.detail ?? "it could not be started")
        }
        try ScheduleRows.write([plan], now: now, on: connection)
        let firing = ScheduleFiring(
            number: schedule.firings + 1, dueAt: plan.due, decidedAt: now, outcome: .fired, reason: nil, detail: nil, isManual: true,
            task: plan.startedTask, run: plan.startedRun)
        return .started(firing, started.changes)
    }

    /// The next moment that no firing has and that is no due time: such a one still has to come.
    private static func freeTime(_ schedule: ScheduleDetail, from now: Int64, _ connection: any Connection) throws -> Int64 {
        var time = now
        while try isDue(time, schedule) || isTaken(time, schedule, connection) { time += 1 }
        return time
    }

    private static func isDue(_ time: Int64, _ schedule: ScheduleDetail) -> Bool {
        schedule.nextAt == time || schedule.readableTiming?.next(after: time - 1) == time
    }

    private static func isTaken(_ time: Int64, _ schedule: ScheduleDetail, _ connection: any Connection) throws -> Bool {
        try connection.row("SELECT 1 FROM schedule_firings WHERE schedule_id = \(schedule.id) AND due_at = \(time)") { _ in true } ?? false
    }
}

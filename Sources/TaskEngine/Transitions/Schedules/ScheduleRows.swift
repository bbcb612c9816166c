import Storage

/// Writes what became of due times: the firings, and where their schedules stand now.
enum ScheduleRows {
    /// - Parameter plans: at most one of each schedule, whose row is locked.
    static func write(_ plans: [FiringPlan], now: Int64, on connection: any Connection) throws {
        let new = plans.filter(\.hasNewRow)
        try insert(new, now: now, connection)
        try settle(plans.filter(\.waited), now: now, connection)
        try advance(plans, connection)
        try prune(new, connection)
    }

    /// Positions of the plans whose due time has a firing already. That cannot be unless somebody turned a clock back and wrote new
    /// due times then; such a one must neither come twice nor stand in the way of those that follow.
    static func known(among plans: [FiringPlan], on connection: any Connection) throws -> Set<Int> {
        var rows = RowSet([.bigint("place"), .bigint("schedule_id"), .bigint("due_at")])
        for (place, plan) in plans.enumerated() where !plan.waited {
            rows.append([.int(Int64(place)), .int(plan.schedule.id), .int(plan.due)])
        }
        guard !rows.isEmpty else { return [] }
        return Set(
            try connection.rows(
                """
                SELECT r.place FROM \(rows, as: "r")
                JOIN schedule_firings AS f ON f.schedule_id = r.schedule_id AND f.due_at = r.due_at
                """
            ) { Int($0.int(0)) })
    }

    private static func insert(_ plans: [FiringPlan], now: Int64, _ connection: any Connection) throws {
        var rows = RowSet([
            .bigint("schedule_id"), .bigint("number"), .bigint("due_at"), .text("outcome"), .text("reason"), .text("detail"),
            .bigint("manual"), .bigint("task_id"), .bigint("run_id"),
        ])
        for plan in plans {
            rows.append([
                .int(plan.schedule.id), .int(plan.schedule.firings + 1), .int(plan.due), .text(plan.outcome.rawValue),
                .text(plan.reason?.rawValue), .text(plan.detail), .int(plan.isManual ? 1 : 0), .int(plan.startedTask),
                .int(plan.startedRun),
            ])
        }
        try connection.forEach(
            rows,
            """
            INSERT INTO schedule_firings (schedule_id, number, due_at, decided_at, outcome, reason, detail, manual, task_id, run_id)
            SELECT r.schedule_id, r.number, r.due_at, \(now), r.outcome, r.reason, r.detail, r.manual, r.task_id, r.run_id
            FROM \(rows, as: "r")
            """)
    }

    /// What waited has its row already.
    private static func settle(_ plans: [FiringPlan], now: Int64, _ connection: any Connection) throws {
        var rows = RowSet([
            .bigint("schedule_id"), .bigint("due_at"), .text("outcome"), .text("reason"), .text("detail"), .bigint("task_id"),
            .bigint("run_id"),
        ])
        for plan in plans {
            rows.append([
                .int(plan.schedule.id), .int(plan.due), .text(plan.outcome.rawValue), .text(plan.reason?.rawValue), .text(plan.detail),
                .int(plan.startedTask), .int(plan.startedRun),
            ])
        }
        try connection.forEach(
            rows,
            """
            UPDATE schedule_firings
            SET decided_at = \(now), outcome = r.outcome, reason = r.reason, detail = r.detail, task_id = r.task_id, run_id = r.run_id
            FROM \(rows, as: "r")
            WHERE schedule_firings.schedule_id = r.schedule_id AND schedule_firings.due_at = r.due_at
            """)
    }

    /// What was started becomes the last; what was not, or was started by hand, leaves the last as it is.
    private static func advance(_ plans: [FiringPlan], _ connection: any Connection) throws {
        var rows = RowSet([
            .bigint("id"), .bigint("next_at"), .bigint("waiting_at"), .bigint("last_at"), .bigint("last_task"), .bigint("last_run"),
            .bigint("added"),
        ])
        for plan in plans {
            let isLast = plan.outcome == .fired && !plan.isManual && !plan.isKnown
            rows.append([
                .int(plan.schedule.id), .int(plan.next), .int(plan.waiting), .int(plan.last),
                .int(isLast ? plan.startedTask : plan.schedule.lastTask), .int(isLast ? plan.startedRun : plan.schedule.lastRun),
                .int(plan.hasNewRow ? 1 : 0),
            ])
        }
        try connection.forEach(
            rows,
            """
            UPDATE schedules
            SET next_at = r.next_at, waiting_at = r.waiting_at, last_at = r.last_at, last_task = r.last_task, last_run = r.last_run,
                firings = firings + r.added, version = version + 1
            FROM \(rows, as: "r") WHERE schedules.id = r.id
            """)
    }

    /// One goes for one that comes.
    private static func prune(_ plans: [FiringPlan], _ connection: any Connection) throws {
        var rows = RowSet([.bigint("schedule_id"), .bigint("through")])
        for plan in plans where plan.schedule.firings >= FireSchedules.keptFirings {
            rows.append([.int(plan.schedule.id), .int(plan.schedule.firings + 1 - FireSchedules.keptFirings)])
        }
        try connection.forEach(
            rows,
            """
            DELETE FROM schedule_firings WHERE (schedule_id, number) IN (
                SELECT f.schedule_id, f.number FROM schedule_firings AS f JOIN \(rows, as: "r") ON f.schedule_id = r.schedule_id
                    AND f.number <= r.through WHERE f.outcome <> 'waiting')
            """)
    }
}

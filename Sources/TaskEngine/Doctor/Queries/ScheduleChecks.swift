import Storage

/// Schedules and what is known of their firings, in the order of their ids.
enum ScheduleChecks {
    /// Schedules in one read. Each has up to ``FireSchedules/keptFirings``.
    private static let limit = 400

    typealias Part = (findings: [Finding], last: DoctorCheck.Place?)

    /// - Parameters:
    ///   - after: the last id of the slice before.
    ///   - keptSince: tasks that were submitted since cannot have been deleted, microseconds since 1970; nil looks for none.
    static func look(after: DoctorCheck.Place, now: Int64, keptSince: Int64?, on connection: any Connection) throws -> Part {
        var first: Int64 = 0
        if case .int(let id?) = after.first { first = id }
        let found = try ids(after: first, connection)
        let range = first + 1...(found.count < limit ? .max : found.last ?? .max)
        var findings = try rows(range, now, connection) + orphans(range, connection)
        if let keptSince { findings += try tasks(range, keptSince, connection) }
        return (findings, found.count < limit ? nil : found.last.map { [.int($0)] })
    }

    private static func ids(after id: Int64, _ connection: any Connection) throws -> [Int64] {
        try connection.rows("SELECT s.id FROM schedules AS s WHERE s.id > \(id) ORDER BY s.id LIMIT \(limit)") { $0.int(0) }
    }

    private static func rows(_ range: ClosedRange<Int64>, _ now: Int64, _ connection: any Connection) throws -> [Finding] {
        let late = now - TaskRowChecks.patience
        return try connection.rows(
            """
            SELECT looked.id, looked.tenant, looked.name, looked.code FROM (
                SELECT s.id, s.tenant, s.name,
                    CASE
                    WHEN s.paused = 0 AND s.next_at IS NULL THEN 'stuck'
                    WHEN s.firings <> COALESCE((SELECT MAX(f.number) FROM schedule_firings AS f WHERE f.schedule_id = s.id), 0) THEN 'counter'
                    WHEN s.waiting_at IS NOT NULL AND (
                            SELECT w.number FROM schedule_firings AS w
                            WHERE w.schedule_id = s.id AND w.due_at = s.waiting_at AND w.outcome = 'waiting') IS NULL
                        THEN 'waits'
                    WHEN s.next_at < \(late) AND \(fragment: TaskRowChecks.someoneLives(now)) THEN 'overdue'
                    END AS code
                FROM schedules AS s WHERE s.id >= \(range.lowerBound) AND s.id <= \(range.upperBound)) AS looked
            WHERE looked.code IS NOT NULL ORDER BY looked.id
            """
        ) { finding($0.text(3), id: $0.int(0), tenant: $0.text(1), name: $0.text(2)) }
    }

    private static func finding(_ code: String, id: Int64, tenant: String, name: String) -> Finding {
        let subject = "schedule \(id)"
        let words = "the schedule '\(name)' of tenant \(tenant)"
        let rewrite = "-- write its due times anew: PATCH /v1/schedules/\(id) {\"cron\": …}"
        switch code {
        case "stuck": return Finding(.scheduleStuck, subject: subject, "\(words) is not paused and is never due", repair: rewrite)
        case "waits":
            return Finding(
                .scheduleStuck, subject: subject, "\(words) has a due time that waits for its turn, and no firing tells of it",
                repair: "UPDATE schedules SET waiting_at = NULL WHERE id = \(id)")
        case "counter":
            return Finding(
                .countersDisagree, subject: subject, "\(words) counts other firings than there are",
                repair:
                    "UPDATE schedules SET firings = (SELECT COALESCE(MAX(f.number), 0) FROM schedule_firings AS f WHERE f.schedule_id = \(id)) WHERE id = \(id)"
            )
        default: return Finding(.overdue, subject: subject, "\(words) was due more than a minute ago", repair: rewrite)
        }
    }

    private static func orphans(_ range: ClosedRange<Int64>, _ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT c.schedule_id FROM (
                SELECT DISTINCT f.schedule_id FROM schedule_firings AS f
                WHERE f.schedule_id >= \(range.lowerBound) AND f.schedule_id <= \(range.upperBound)) AS c
            WHERE (SELECT s.id FROM schedules AS s WHERE s.id = c.schedule_id) IS NULL ORDER BY c.schedule_id
            """
        ) { row in
            Finding(
                .orphan, subject: "schedule \(row.int(0))", "there are firings of schedule \(row.int(0)), which does not exist",
                repair: "DELETE FROM schedule_firings WHERE schedule_id = \(row.int(0))")
        }
    }

    /// A firing and its task are written together, so that one without the other is broken until the task may have been deleted.
    private static func tasks(_ range: ClosedRange<Int64>, _ keptSince: Int64, _ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT f.schedule_id, f.number, f.task_id FROM schedule_firings AS f
            WHERE f.schedule_id >= \(range.lowerBound) AND f.schedule_id <= \(range.upperBound)
                AND f.task_id IS NOT NULL AND f.decided_at > \(keptSince)
                AND (SELECT t.id FROM tasks AS t WHERE t.id = f.task_id) IS NULL
            ORDER BY f.schedule_id, f.number
            """
        ) { row in
            Finding(
                .firingWithoutTask, subject: "firing \(row.int(1)) of schedule \(row.int(0))",
                "schedule \(row.int(0)) fired and submitted task \(row.int(2)), which does not exist",
                repair: "-- start it by hand: POST /v1/schedules/\(row.int(0))/run")
        }
    }
}

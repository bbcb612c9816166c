import Storage
import TaskEngine
import TestSupport

extension Damage {
    /// Ways to break schedules. Each makes one that is whole first.
    static let schedules: [Damage] = [
        Damage(.scheduleStuck, "a schedule that is not paused is never due") { _, connection in
            let schedule = try insert(connection)
            try connection.execute("UPDATE schedules SET next_at = NULL WHERE id = \(schedule)")
        },
        Damage(.scheduleStuck, "a due time waits that no firing tells of") { _, connection in
            let schedule = try insert(connection)
            try connection.execute("UPDATE schedules SET waiting_at = 7 WHERE id = \(schedule)")
        },
        Damage(.overdue, "a schedule was due long ago") { _, connection in
            let schedule = try insert(connection)
            try connection.execute("UPDATE schedules SET next_at = 60000000 WHERE id = \(schedule)")
        },
        Damage(.countersDisagree, "a schedule counts firings that are not there") { _, connection in
            let schedule = try insert(connection)
            try connection.execute("UPDATE schedules SET firings = 3 WHERE id = \(schedule)")
        },
        Damage(.orphan, "a firing belongs to no schedule") { task, connection in
            try insertFiring(of: 999_999, task: task, connection)
        },
        Damage(.firingWithoutTask, "what a schedule submitted is not there") { task, connection in
            let schedule = try insert(connection)
            try insertFiring(of: schedule, task: schedule + 1, connection)
            try connection.execute("UPDATE schedules SET firings = 1 WHERE id = \(schedule)")
        },
    ]

    private static func insert(_ connection: any Connection) throws -> Int64 {
        // Due a minute from when the doctor looks.
        let definition = ScheduleDefinition(
            name: "s", timing: .interval(milliseconds: 60_000, anchor: 1_000_000_000), target: .task(.sample()))
        guard case .written(let schedule, _) = try WriteSchedule.create(definition, tenant: "acme", now: 1_000_000_000, on: connection)
        else { throw FixtureError("the schedule was not made") }
        return schedule.id
    }

    private static func insertFiring(of schedule: Int64, task: Int64, _ connection: any Connection) throws {
        try connection.execute(
            """
            INSERT INTO schedule_firings (schedule_id, number, due_at, decided_at, outcome, manual, task_id)
            VALUES (\(schedule), 1, 5, 5, 'fired', 0, \(task))
            """)
    }
}

import Storage

/// A schedule whose row nobody else changes before the commit.
enum LockedSchedule {
    /// Nil when the tenant has no such schedule.
    static func read(_ key: ScheduleKey, tenant: String, on connection: any Connection) throws -> ScheduleDetail? {
        try connection.row(
            """
            SELECT \(fragment: ScheduleDetail.columns) FROM schedules AS s
            WHERE \(fragment: ReadSchedules.condition(key, tenant: tenant))\(lock: .update)
            """, ScheduleDetail.init)
    }
}

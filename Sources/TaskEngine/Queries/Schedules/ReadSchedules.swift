package import Storage

/// Reads a tenant's schedules and what they did.
package enum ReadSchedules {
    /// One schedule; nil when the tenant has none of that id or name.
    package static func one(_ key: ScheduleKey, tenant: String, on connection: any Connection) throws -> ScheduleDetail? {
        try connection.row(
            "SELECT \(fragment: ScheduleDetail.columns) FROM schedules AS s WHERE \(fragment: condition(key, tenant: tenant))",
            ScheduleDetail.init)
    }

    /// One page by name.
    /// - Parameters:
    ///   - lastName: the last schedule of the page before; nil begins with the first.
    ///   - limit: most schedules returned; fewer when their inputs are long.
    package static func page(
        tenant: String, after lastName: String? = nil, limit: Int, on connection: any Connection
    ) throws -> ListPage<ScheduleDetail, String> {
        let found = try connection.rows(
            """
            SELECT s.name, \(fragment: payloadBytes) FROM schedules AS s
            WHERE s.tenant = \(tenant) AND s.name > \(lastName ?? "") ORDER BY s.name LIMIT \(limit + 1)
            """
        ) { (key: $0.text(0), bytes: Int($0.int(1))) }
        let (names, isCut) = PageBudget.fitting(found, limit: limit)
        guard let last = names.last else { return ListPage([], next: nil) }
        let rows = try connection.rows(
            """
            SELECT \(fragment: ScheduleDetail.columns) FROM schedules AS s
            WHERE s.tenant = \(tenant) AND s.name > \(lastName ?? "") AND s.name <= \(last) ORDER BY s.name
            """, ScheduleDetail.init)
        return ListPage(rows, next: isCut ? last : nil)
    }

    private static let payloadBytes: SQL = """
        \(sqlite: "length(CAST(s.input AS BLOB)) + COALESCE(length(CAST(s.metadata AS BLOB)), 0)", postgres: "octet_length(s.input) + COALESCE(octet_length(s.metadata), 0)")
        """

    /// One page of what a schedule did, newest first.
    /// - Parameters:
    ///   - schedule: the schedule's id; of another tenant's nothing is found.
    ///   - lastNumber: the last firing of the page before; nil begins with the newest.
    package static func firings(
        of schedule: Int64, tenant: String, before lastNumber: Int64? = nil, limit: Int, on connection: any Connection
    ) throws -> [ScheduleFiring] {
        try connection.rows(
            """
            SELECT f.number, f.due_at, f.decided_at, f.outcome, f.reason, f.detail, f.manual, f.task_id, f.run_id FROM schedule_firings AS f
            WHERE f.schedule_id = (SELECT s.id FROM schedules AS s WHERE s.id = \(schedule) AND s.tenant = \(tenant))
                AND f.number < \(lastNumber ?? .max)
            ORDER BY f.number DESC LIMIT \(limit)
            """
        ) { row in
            guard let outcome = ScheduleFiring.Outcome(rawValue: row.text(3)) else { throw StorageError(.corrupt, "unknown outcome") }
            return ScheduleFiring(
                number: row.int(0), dueAt: row.int(1), decidedAt: row.int(2), outcome: outcome,
                reason: row.textOrNil(4).flatMap(ScheduleSkip.init), detail: row.textOrNil(5), isManual: row.bool(6),
                task: row.intOrNil(7), run: row.intOrNil(8))
        }
    }

    /// What picks the row of `key`, of a table called `s`.
    static func condition(_ key: ScheduleKey, tenant: String) -> SQL {
        switch key {
        case .id(let id): "s.id = \(id) AND s.tenant = \(tenant)"
        case .name(let name): "s.name = \(name) AND s.tenant = \(tenant)"
        }
    }
}

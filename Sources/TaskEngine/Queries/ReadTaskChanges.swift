import Storage

/// Reads where tasks stand, as announcements say it.
enum ReadTaskChanges {
    /// Those of `ids` that the tenant has, by id. SQLite would begin with the tenant's tasks and look for each among the ids
    /// [10,000 ids: minutes], hence the CROSS JOIN, whose order it keeps.
    static func current(_ ids: [Int64], tenant: String, on connection: any Connection) throws -> [Int64: TaskChange] {
        var rows = RowSet([.bigint("id")], capacity: ids.count)
        for id in ids { rows.append([.int(id)]) }
        let tasks = try connection.rows(
            """
            SELECT \(fragment: TaskChange.columns)
            FROM \(rows, as: "r") \(sqlite: "CROSS JOIN", postgres: "JOIN") tasks ON tasks.id = r.id WHERE tasks.tenant = \(tenant)
            """, TaskChange.init)
        return Dictionary(tasks.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

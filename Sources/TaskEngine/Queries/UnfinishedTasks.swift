import Storage

/// Which of some tasks have not ended: one statement, one lookup by key for each.
enum UnfinishedTasks {
    /// Ids of those among `tasks` that have not ended. A task that is not there, or is not the tenant's, is not among them.
    static func ids(among tasks: [(task: Int64, tenant: String)], on connection: any Connection) throws -> [Int64] {
        guard !tasks.isEmpty else { return [] }
        var rows = RowSet([.bigint("id"), .text("tenant")], capacity: tasks.count)
        for item in tasks { rows.append([.int(item.task), .text(item.tenant)]) }
        return try connection.rows(
            """
            SELECT t.id FROM \(rows, as: "r") JOIN tasks AS t ON t.id = r.id
            WHERE t.tenant = r.tenant AND t.finished_at IS NULL
            """
        ) { $0.int(0) }
    }
}

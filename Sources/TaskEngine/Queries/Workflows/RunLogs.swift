package import Storage

/// One line that a node of a run logged.
package struct RunLogLine: Sendable {
    /// The node: its position in the plan.
    package let node: Int
    /// The element of the node's list; nil for a line of the node itself.
    package let element: Int?
    /// The task.
    package let task: Int64
    /// What was logged, and in which attempt.
    package let line: TaskLogLine
}

/// Reads the lines of all nodes of a run in the order in which they were committed.
package enum RunLogs {
    /// One page; empty when the tenant has no such run.
    /// - Parameters:
    ///   - run: its id.
    ///   - node: the node whose lines are shown, its elements' among them; nil shows all.
    ///   - level: the least serious level shown; nil shows all.
    ///   - lastID: the last line of the page before; nil begins with the first.
    ///   - limit: most lines returned.
    package static func page(
        run: Int64, tenant: String, node: Int? = nil, level: TaskLogLevel? = nil, after lastID: Int64? = nil, limit: Int,
        on connection: any Connection
    ) throws -> [RunLogLine] {
        let ofNode: SQL = node.map { " AND t.node = \(Int64($0))" } ?? ""
        return try connection.rows(
            """
            SELECT t.node, t.element, t.id, l.id, l.attempt, l.level, l.message, l.logged_at
            FROM task_logs AS l\(sqlite: " INDEXED BY task_logs_of_run CROSS JOIN", postgres: " JOIN") tasks AS t ON t.id = l.task_id AND t.tenant = \(tenant)
            WHERE l.run_id = \(run) AND l.id > \(lastID ?? 0)\(fragment: ReadLogs.levels(from: level))\(fragment: ofNode)
            ORDER BY l.id LIMIT \(limit)
            """
        ) { row in
            guard let level = TaskLogLevel(rawValue: row.text(5)) else { throw StorageError(.corrupt, "unknown log level") }
            return RunLogLine(
                node: Int(row.int(0)), element: row.intOrNil(1).map(Int.init), task: row.int(2),
                line: TaskLogLine(id: row.int(3), attempt: Int(row.int(4)), level: level, message: row.text(6), loggedAt: row.int(7)))
        }
    }
}

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
///
/// No index holds nodes or levels. Lines of one node, or of some levels, are looked for among all, at most ``mostLookedThrough`` for a
/// page: it may then be short or empty although the list goes on.
package enum RunLogs {
    /// Lines that one page looks at to find those it shows.
    package static let mostLookedThrough = 20_000

    /// One page; empty when the tenant has no such run.
    /// - Parameters:
    ///   - run: its id.
    ///   - node: the node whose lines are shown, its elements' among them; nil shows all.
    ///   - level: the least serious level shown; nil shows all.
    ///   - lastID: the last line of the page before; nil begins with the first.
    ///   - limit: most lines returned; fewer when they are long.
    ///   - most: lines that are looked through; given by tests.
    package static func page(
        run: Int64, tenant: String, node: Int? = nil, level: TaskLogLevel? = nil, after lastID: Int64? = nil, limit: Int,
        lookingThrough most: Int = mostLookedThrough, on connection: any Connection
    ) throws -> ListPage<RunLogLine, Int64> {
        let isSearch = node != nil || ReadLogs.narrows(level)
        let end = isSearch ? try end(of: run, after: lastID, most, connection) : nil
        var conditions: SQL = "l.run_id = \(run) AND l.id > \(lastID ?? 0)"
        if let end { conditions += " AND l.id <= \(end)" }
        if let node { conditions += " AND t.node = \(Int64(node))" }
        let lines = try connection.rows(
            """
            SELECT t.node, t.element, t.id, l.id, l.attempt, l.level, l.message, l.logged_at
            FROM task_logs AS l\(sqlite: " INDEXED BY task_logs_of_run CROSS JOIN", postgres: " JOIN") tasks AS t ON t.id = l.task_id AND t.tenant = \(tenant)
            WHERE \(fragment: conditions)\(fragment: ReadLogs.levels(from: level))
            ORDER BY l.id LIMIT \(limit + 1)
            """
        ) { row in
            guard let level = TaskLogLevel(rawValue: row.text(5)) else { throw StorageError(.corrupt, "unknown log level") }
            return RunLogLine(
                node: Int(row.int(0)), element: row.intOrNil(1).map(Int.init), task: row.int(2),
                line: TaskLogLine(id: row.int(3), attempt: Int(row.int(4)), level: level, message: row.text(6), loggedAt: row.int(7)))
        }
        let (shown, isCut) = PageBudget.fitting(lines.map { ($0.line.id, $0.line.message.utf8.count) }, limit: limit)
        return ListPage(Array(lines.prefix(shown.count)), next: isCut ? shown.last : end)
    }

    /// The last line that is looked at; nil when those that are left are fewer.
    private static func end(of run: Int64, after lastID: Int64?, _ most: Int, _ connection: any Connection) throws -> Int64? {
        try connection.row(
            """
            SELECT l.id FROM task_logs AS l\(sqlite: " INDEXED BY task_logs_of_run", postgres: "") WHERE l.run_id = \(run) AND l.id > \(lastID ?? 0)
            ORDER BY l.id LIMIT 1 OFFSET \(most - 1)
            """
        ) { $0.int(0) }
    }
}

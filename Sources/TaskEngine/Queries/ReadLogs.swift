package import Storage

/// One line that a handler logged.
package struct TaskLogLine: Sendable {
    /// The line's own id; rises in the order of the commits.
    package let id: Int64
    /// From 1.
    package let attempt: Int
    /// How serious it is.
    package let level: TaskLogLevel
    /// As the handler wrote it.
    package let message: String
    /// Microseconds since 1970.
    package let loggedAt: Int64
}

/// How serious a line is; the CHECK constraint on `task_logs.level` holds the same names.
package enum TaskLogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical

    /// This level and the more serious ones.
    var andAbove: [TaskLogLevel] { Array(Self.allCases.drop { $0 != self }) }
}

/// Reads the lines of one task in the order in which they were committed.
package enum ReadLogs {
    /// One page; empty when the tenant has no such task.
    /// - Parameters:
    ///   - level: the least serious level shown; nil shows all.
    ///   - attempt: the attempt whose lines are shown, from 1; nil shows all.
    ///   - lastID: the last line of the page before; nil begins with the first.
    ///   - limit: most lines returned; fewer when they are long.
    package static func page(
        task: Int64, tenant: String, level: TaskLogLevel? = nil, attempt: Int? = nil, after lastID: Int64? = nil, limit: Int,
        on connection: any Connection
    ) throws -> ListPage<TaskLogLine, Int64> {
        let ofAttempt: SQL = if let attempt { " AND l.attempt = \(attempt)" } else { "" }
        let lines = try connection.rows(
            """
            SELECT l.id, l.attempt, l.level, l.message, l.logged_at
            FROM task_logs AS l JOIN tasks AS t ON t.id = l.task_id AND t.tenant = \(tenant)
            WHERE l.task_id = \(task) AND l.id > \(lastID ?? 0)\(fragment: levels(from: level))\(fragment: ofAttempt)
            ORDER BY l.id LIMIT \(limit + 1)
            """
        ) { row in
            guard let level = TaskLogLevel(rawValue: row.text(2)) else { throw StorageError(.corrupt, "unknown log level") }
            return TaskLogLine(id: row.int(0), attempt: Int(row.int(1)), level: level, message: row.text(3), loggedAt: row.int(4))
        }
        let (shown, isCut) = PageBudget.fitting(lines.map { ($0.id, $0.message.utf8.count) }, limit: limit)
        return ListPage(Array(lines.prefix(shown.count)), next: isCut ? shown.last : nil)
    }

    /// Whether there are lines that are less serious.
    static func narrows(_ level: TaskLogLevel?) -> Bool { level != nil && level != .trace }

    static func levels(from level: TaskLogLevel?) -> SQL {
        guard let level, narrows(level) else { return "" }
        var list: SQL = " AND l.level IN ("
        for (index, level) in level.andAbove.enumerated() {
            if index > 0 { list += ", " }
            list += "\(level.rawValue)"
        }
        list += ")"
        return list
    }
}

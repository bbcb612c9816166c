package import Storage

/// Lists a tenant's tasks, newest first.
///
/// No list index holds the state, so the way to the rows depends on the filter: failed and running tasks have partial
/// indexes; queued and scheduled ones are read from theirs and sorted while they are few, and met on the way down the ids
/// when they are many. SQLite is told which index to take, since it keeps no statistics; PostgreSQL finds out itself.
package enum ListTasks {
    /// Up to this many queued or scheduled tasks are read from their partial index and sorted.
    static let mostSorted = 10_000

    /// One page.
    /// - Parameters:
    ///   - lastID: the last task of the page before; nil begins with the newest.
    ///   - limit: most rows returned.
    package static func page(
        _ filter: TaskFilter, tenant: String, after lastID: Int64? = nil, limit: Int, on connection: any Connection
    ) throws -> [TaskSummary] {
        var conditions: SQL = "t.tenant = \(tenant)"
        if let lastID { conditions += " AND t.id < \(lastID)" }
        if let state = filter.state { conditions += stateIs(state) }
        if let type = filter.type { conditions += " AND t.type = \(type)" }
        if let queue = filter.queue { conditions += " AND t.queue = \(queue)" }
        if let time = filter.after {
            let lowest = try TaskIDBounds.lowest(createdFrom: time, tenant: tenant, on: connection)
            conditions += " AND t.created_at >= \(time) AND t.id >= \(lowest)"
        }
        if let time = filter.before {
            conditions += " AND t.created_at < \(time)"
            if let end = try TaskIDBounds.end(createdBefore: time, tenant: tenant, on: connection) { conditions += " AND t.id < \(end)" }
        }
        let hint = try indexHint(filter, tenant: tenant, connection)
        return try rows(conditions, hint: hint, limit: limit, connection)
    }

    private static func rows(_ conditions: SQL, hint: SQL, limit: Int, _ connection: any Connection) throws -> [TaskSummary] {
        try connection.rows(
            """
            SELECT \(fragment: TaskSummary.columns)
            FROM tasks AS t\(fragment: hint) LEFT JOIN task_payloads AS p ON p.task_id = t.id
            WHERE \(fragment: conditions) ORDER BY t.id DESC LIMIT \(limit)
            """, TaskSummary.init)
    }

    private static func indexHint(_ filter: TaskFilter, tenant: String, _ connection: any Connection) throws -> SQL {
        guard connection.dialect == .sqlite else { return "" }
        switch filter.state {
        case .failed: return " INDEXED BY tasks_dead"
        case .running: return " INDEXED BY tasks_running"
        case .queued where try isFewQueued(in: filter.queue, tenant: tenant, connection): return " INDEXED BY tasks_ready"
        case .scheduled where try isFewScheduled(connection): return " INDEXED BY tasks_due"
        case nil, .waiting, .scheduled, .queued, .succeeded, .cancelled, .skipped:
            return filter.type == nil ? " INDEXED BY tasks_of_tenant" : " INDEXED BY tasks_of_type"
        }
    }

    /// What would be read and sorted: with a queue this tenant's own part of it, else everybody's queued tasks.
    private static func isFewQueued(in queue: String?, tenant: String, _ connection: any Connection) throws -> Bool {
        let place: SQL = if let queue { " AND queue = \(queue) AND tenant = \(tenant)" } else { "" }
        let count = try connection.row(
            """
            SELECT COUNT(*) FROM (
                SELECT 1 FROM tasks INDEXED BY tasks_ready WHERE state = 'queued'\(fragment: place) LIMIT \(mostSorted + 1))
            """
        ) { $0.int(0) }
        return count ?? 0 <= mostSorted
    }

    private static func isFewScheduled(_ connection: any Connection) throws -> Bool {
        let count = try connection.row(
            "SELECT COUNT(*) FROM (SELECT 1 FROM tasks INDEXED BY tasks_due WHERE state = 'scheduled' LIMIT \(mostSorted + 1))"
        ) { $0.int(0) }
        return count ?? 0 <= mostSorted
    }

    /// Literals: a bound state would match no partial index.
    private static func stateIs(_ state: TaskState) -> SQL {
        switch state {
        case .waiting: " AND t.state = 'waiting'"
        case .scheduled: " AND t.state = 'scheduled'"
        case .queued: " AND t.state = 'queued'"
        case .running: " AND t.state = 'running'"
        case .succeeded: " AND t.state = 'succeeded'"
        case .failed: " AND t.state = 'failed'"
        case .cancelled: " AND t.state = 'cancelled'"
        case .skipped: " AND t.state = 'skipped'"
        }
    }
}

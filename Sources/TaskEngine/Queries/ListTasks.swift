package import Storage

/// Lists a tenant's tasks, newest first.
///
/// No list index holds the state, so the way to the rows depends on the filter: failed and running tasks have partial
/// indexes; queued and scheduled ones are read from theirs and sorted while they are few, and met on the way down the ids
/// when they are many. A unique key, or the rarest of several labels, leads where there is one. SQLite is told which way to
/// take, since it keeps no statistics; PostgreSQL finds out itself.
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
        let search = try TaskSearch(
            filter, tenant: tenant, plain: { try indexHint(filter, tenant: tenant, connection) }, on: connection)
        var conditions = search.conditions
        if let lastID { conditions += " AND \(fragment: search.id) < \(lastID)" }
        if let time = filter.after {
            let lowest = try TaskIDBounds.lowest(createdFrom: time, tenant: tenant, on: connection)
            conditions += " AND t.created_at >= \(time) AND \(fragment: search.id) >= \(lowest)"
        }
        if let time = filter.before {
            conditions += " AND t.created_at < \(time)"
            if let end = try TaskIDBounds.end(createdBefore: time, tenant: tenant, on: connection) {
                conditions += " AND \(fragment: search.id) < \(end)"
            }
        }
        return try connection.rows(
            """
            SELECT \(fragment: TaskSummary.columns)
            FROM \(fragment: search.source) LEFT JOIN task_payloads AS p ON p.task_id = t.id
            WHERE \(fragment: conditions) ORDER BY \(fragment: search.id) DESC LIMIT \(limit)
            """, TaskSummary.init)
    }

    private static func indexHint(_ filter: TaskFilter, tenant: String, _ connection: any Connection) throws -> SQL {
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
}

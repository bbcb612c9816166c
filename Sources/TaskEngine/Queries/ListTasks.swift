package import Storage

/// Lists a tenant's tasks, newest first.
///
/// The way to the rows depends on the filter: states that few tasks are in have partial indexes; queued and scheduled tasks are
/// read from the claim's and the timer's and sorted while they are few, and met on the way down the ids when they are many.
/// Succeeded tasks are met on that way too: an index of theirs would be written for every task. A unique key, or the rarest of
/// several labels, leads where there is one. SQLite is told which way to take, since it keeps no statistics; PostgreSQL finds
/// out itself.
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
            filter, tenant: tenant, plain: { try way(filter, tenant: tenant, connection) }, on: connection)
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

    private static func way(_ filter: TaskFilter, tenant: String, _ connection: any Connection) throws -> TaskSearch.Way {
        switch filter.state {
        case .failed: return .init(hint: " INDEXED BY tasks_dead")
        case .cancelled: return .init(hint: " INDEXED BY tasks_cancelled")
        case .skipped: return .init(hint: " INDEXED BY tasks_skipped")
        case .waiting: return .init(hint: " INDEXED BY tasks_waiting")
        case .running: return .init(hint: " INDEXED BY tasks_running")
        case .queued where try isFewQueued(in: filter.queue, tenant: tenant, connection):
            // The index begins with the queue.
            return .init(hint: " INDEXED BY tasks_ready", condition: filter.queue == nil ? " AND t.queue IN (SELECT name FROM queues)" : "")
        case .scheduled where try isFewScheduled(connection): return .init(hint: " INDEXED BY tasks_due")
        case nil, .scheduled, .queued, .succeeded:
            return .init(hint: filter.type == nil ? " INDEXED BY tasks_of_tenant" : " INDEXED BY tasks_of_type")
        }
    }

    /// What would be read and sorted: the tenant's own part of the queue, or of each.
    private static func isFewQueued(in queue: String?, tenant: String, _ connection: any Connection) throws -> Bool {
        let queues: SQL = if let queue { "queue = \(queue)" } else { "queue IN (SELECT name FROM queues)" }
        let count = try connection.row(
            """
            SELECT COUNT(*) FROM (
                SELECT 1 FROM tasks INDEXED BY tasks_ready
                WHERE state = 'queued' AND \(fragment: queues) AND tenant = \(tenant) LIMIT \(mostSorted + 1))
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

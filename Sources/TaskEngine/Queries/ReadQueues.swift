package import Storage

/// Reads the queues with a tenant's counts. Queues belong to the platform: every tenant sees all of them, and of other
/// tenants' work only how much there is.
package enum ReadQueues {
    /// One page by name.
    /// - Parameters:
    ///   - lastName: the last queue of the page before; nil begins with the first.
    ///   - limit: most queues returned.
    package static func page(
        tenant: String, after lastName: String? = nil, limit: Int, on connection: any Connection
    ) throws -> [QueueDetail] {
        let most = LimitedCount.usualLimit
        let running = try UnfinishedCounts.running(tenant: tenant, limit: most, on: connection)
        let scheduled = try UnfinishedCounts.scheduled(tenant: tenant, limit: most, on: connection)
        return try rows(tenant: tenant, after: lastName ?? "", limit: limit, most: most, connection).map { row in
            let queuedByAll = LimitedCount(counted: row.queuedByAll, limit: most)
            let queued = LimitedCount(counted: row.queued, limit: most)
            let others = LimitedCount(number: max(0, queuedByAll.number - queued.number), hasMore: queuedByAll.hasMore)
            return QueueDetail(
                name: row.name, pool: row.pool, weight: row.weight, isPaused: row.isPaused, isPausedForTenant: row.isPausedForTenant,
                queued: queued,
                scheduled: scheduled.own(row.name), running: running.own(row.name),
                others: others + scheduled.others(row.name) + running.others(row.name), oldestReadyAt: row.oldestReadyAt)
        }
    }

    private struct QueueRow {
        let name: String
        let pool: String
        let weight: Int
        let isPaused: Bool
        let isPausedForTenant: Bool
        let queued: Int
        let queuedByAll: Int
        let oldestReadyAt: Int64?
    }

    /// The oldest is one seek per priority: within one the index is ordered by the time.
    private static func rows(
        tenant: String, after lastName: String, limit: Int, most: Int, _ connection: any Connection
    ) throws -> [QueueRow] {
        try connection.rows(
            """
            WITH priorities(n) AS (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))
            SELECT q.name, q.pool, q.weight, q.paused,
                (SELECT COUNT(*) FROM queue_pauses AS p WHERE p.queue = q.name AND p.tenant = \(tenant)),
                (SELECT COUNT(*) FROM (
                    SELECT 1 FROM tasks AS t WHERE t.state = 'queued' AND t.queue = q.name AND t.tenant = \(tenant) LIMIT \(most + 1)) AS own),
                (SELECT COUNT(*) FROM (
                    SELECT 1 FROM tasks AS t WHERE t.state = 'queued' AND t.queue = q.name LIMIT \(most + 1)) AS anybodys),
                (SELECT MIN(oldest.ready_at) FROM (
                    SELECT (SELECT t.ready_at FROM tasks AS t
                            WHERE t.state = 'queued' AND t.queue = q.name AND t.tenant = \(tenant) AND t.priority = priorities.n
                            ORDER BY t.ready_at LIMIT 1) AS ready_at
                    FROM priorities) AS oldest)
            FROM queues AS q WHERE q.name > \(lastName) ORDER BY q.name LIMIT \(limit)
            """
        ) { row in
            QueueRow(
                name: row.text(0), pool: row.text(1), weight: Int(row.int(2)), isPaused: row.bool(3), isPausedForTenant: row.bool(4),
                queued: Int(row.int(5)), queuedByAll: Int(row.int(6)), oldestReadyAt: row.intOrNil(7))
        }
    }
}

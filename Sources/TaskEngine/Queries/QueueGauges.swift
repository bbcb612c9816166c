package import Storage

/// What `/metrics` says of one queue: all tenants together.
package struct QueueGauges: Sendable, Equatable {
    /// The queue's name.
    package let queue: String
    /// Ready tasks, up to ``mostCounted``.
    package let queued: Int
    /// Tasks whose time lies ahead, up to ``mostCounted``.
    package let scheduled: Int
    /// Tasks that hold a slot.
    package let running: Int
    /// When the oldest ready task became ready, microseconds since 1970; nil when none is.
    package let oldestReadyAt: Int64?

    /// Where counting ends, so that the cost of a scrape has a limit whatever the backlog [100,000 tasks: 70 ms].
    package static let mostCounted = 100_000
    /// Pairs of tenant and priority that the search for the oldest task visits at most.
    static let mostLanes = 10_000

    /// All queues by name, counts up to ``mostCounted``. For the platform: names no tenant's task and takes no tenant.
    package static func read(on connection: any Connection) throws -> [QueueGauges] {
        let running = try UnfinishedCounts.running(tenant: "", limit: mostCounted, on: connection)
        let scheduled = try UnfinishedCounts.scheduled(tenant: "", limit: mostCounted, on: connection)
        let oldest = try oldestReady(connection)
        return try queued(connection).map { queue, count in
            QueueGauges(
                queue: queue, queued: count, scheduled: scheduled.others(queue).number, running: running.others(queue).number,
                oldestReadyAt: oldest[queue])
        }
    }

    private static func queued(_ connection: any Connection) throws -> [(String, Int)] {
        try connection.rows(
            """
            SELECT q.name,
                (SELECT COUNT(*) FROM (
                    SELECT 1 FROM tasks AS t WHERE t.state = 'queued' AND t.queue = q.name LIMIT \(mostCounted)) AS ready)
            FROM queues AS q ORDER BY q.name
            """
        ) { ($0.text(0), Int($0.int(1))) }
    }

    /// A skip scan: one seek per queue, tenant and priority with ready work. The first task of each is its oldest.
    private static func oldestReady(_ connection: any Connection) throws -> [String: Int64] {
        let rows = try connection.rows(
            """
            WITH RECURSIVE lanes(queue, tenant, priority, ready_at, n) AS (
                SELECT first.queue, first.tenant, first.priority, first.ready_at, 1 FROM (
                    SELECT queue, tenant, priority, ready_at FROM tasks WHERE state = 'queued'
                    ORDER BY queue, tenant, priority, ready_at, id LIMIT 1) AS first
                UNION ALL
                SELECT following.queue, following.tenant, following.priority, following.ready_at, lanes.n + 1
                FROM lanes JOIN tasks AS following ON following.id = (
                    SELECT t.id FROM tasks AS t
                    WHERE t.state = 'queued' AND (t.queue, t.tenant, t.priority) > (lanes.queue, lanes.tenant, lanes.priority)
                    ORDER BY t.queue, t.tenant, t.priority, t.ready_at, t.id LIMIT 1)
                WHERE lanes.n < \(mostLanes))
            SELECT queue, MIN(ready_at) FROM lanes GROUP BY queue
            """
        ) { ($0.text(0), $0.int(1)) }
        return Dictionary(rows, uniquingKeysWith: min)
    }
}

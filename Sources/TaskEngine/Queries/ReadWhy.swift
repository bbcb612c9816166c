import JSONText
import Storage

/// Reads what has to be known to say why a task does not run: a handful of seeks and counts that end early, whatever the
/// backlog.
///
/// Of other tenants' work only how much there is.
enum ReadWhy {
    /// Running tasks that are looked at; more slots than that no fleet has.
    static let mostRunning = 5000
    /// Where the counts of tasks that come first end.
    static let mostAhead = LimitedCount.usualLimit

    /// Nil when the tenant has no such task.
    static func facts(of id: Int64, tenant: String, on connection: any Connection) throws -> WhyFacts? {
        guard let task = try task(id, tenant, connection) else { return nil }
        var facts = WhyFacts(task: task)
        switch task.state {
        case .succeeded, .failed, .cancelled, .skipped, .running, .waiting: return facts
        case .scheduled: facts.workers = try workers(task, pool: "", connection).map(\.worker)
        case .queued: try readQueued(&facts, tenant, connection)
        }
        return facts
    }

    private static func readQueued(_ facts: inout WhyFacts, _ tenant: String, _ connection: any Connection) throws {
        let task = facts.task
        guard let queue = try queue(task.queue, tenant, connection) else { return }
        facts.queue = queue
        let running = try running(inPool: queue.pool, tenant, connection)
        facts.running = (running.reduce(0) { $0 + $1.own }, running.reduce(0) { $0 + $1.all - $1.own })
        let byWorker = Dictionary(running.map { ($0.worker, $0.all) }, uniquingKeysWith: +)
        facts.workers = try workers(task, pool: queue.pool, connection).map { id, worker in
            var worker = worker
            worker.running = byWorker[id] ?? 0
            return worker
        }
        facts.ahead = (try ownAhead(task, tenant, connection), try others(task.queue, tenant, connection))
    }

    // MARK: - Statements

    private static func task(_ id: Int64, _ tenant: String, _ connection: any Connection) throws -> WhyFacts.Task? {
        try connection.row(
            """
            SELECT t.state, t.type, t.queue, t.priority, t.ready_at, t.attempt, t.max_retries + t.attempt_base, t.soft_ms, t.timeout_ms,
                t.started_at, t.finished_at, t.cancel_requested_at, t.expires_at, t.error_code, t.error_message, t.worker, w.name, w.seen_at
            FROM tasks AS t LEFT JOIN workers AS w ON w.id = t.worker
            WHERE t.id = \(id) AND t.tenant = \(tenant)
            """
        ) { row in
            WhyFacts.Task(
                id: id, state: try TaskState(stored: row.text(0)), type: row.text(1), queue: row.text(2), priority: Int(row.int(3)),
                readyAt: row.int(4), attempt: Int(row.int(5)), maxRetries: Int(row.int(6)), softMilliseconds: row.intOrNil(7),
                timeoutMilliseconds: row.intOrNil(8), startedAt: row.intOrNil(9), finishedAt: row.intOrNil(10),
                cancelRequestedAt: row.intOrNil(11), expiresAt: row.intOrNil(12),
                error: TaskError(code: row.textOrNil(13), message: row.textOrNil(14)), worker: row.intOrNil(15),
                workerName: row.textOrNil(16), workerSeenAt: row.intOrNil(17))
        }
    }

    private static func queue(_ name: String, _ tenant: String, _ connection: any Connection) throws -> WhyFacts.Queue? {
        try connection.row(
            """
            SELECT q.pool, q.paused, (SELECT COUNT(*) FROM queue_pauses AS p WHERE p.queue = q.name AND p.tenant = \(tenant))
            FROM queues AS q WHERE q.name = \(name)
            """
        ) { WhyFacts.Queue(pool: $0.text(0), isPaused: $0.bool(1), isPausedForTenant: $0.bool(2)) }
    }

    private static func workers(
        _ task: WhyFacts.Task, pool: String, _ connection: any Connection
    ) throws -> [(id: Int64, worker: WhyFacts.Worker)] {
        try connection.rows(
            "SELECT w.id, w.state, w.seen_at, w.pools, w.queues, w.types FROM workers AS w WHERE w.state IN ('live', 'draining')"
        ) { row in
            let limit = StoredJSON.members(row.text(3)).first { $0.key == pool }?.value.int64
            let queues = StoredJSON.words(row.text(4))
            let worker = WhyFacts.Worker(
                isDraining: row.text(1) == "draining", seenAt: row.int(2),
                servesQueue: limit != nil && (queues == ["*"] || queues.contains(task.queue)),
                knowsType: StoredJSON.words(row.text(5)).contains(task.type), limit: Int(limit ?? 0), running: 0)
            return (row.int(0), worker)
        }
    }

    /// The index of running tasks holds neither queue nor tenant, so the limit is on the scan.
    private static func running(
        inPool pool: String, _ tenant: String, _ connection: any Connection
    ) throws -> [(worker: Int64, own: Int, all: Int)] {
        try connection.rows(
            """
            SELECT held.worker, SUM(CASE WHEN held.tenant = \(tenant) THEN 1 ELSE 0 END), COUNT(*)
            FROM (SELECT t.worker, t.queue, t.tenant FROM tasks AS t WHERE t.state = 'running' LIMIT \(mostRunning)) AS held
            JOIN queues AS q ON q.name = held.queue
            WHERE q.pool = \(pool) GROUP BY held.worker
            """
        ) { ($0.int(0), Int($0.int(1)), Int($0.int(2))) }
    }

    /// One range of `tasks_ready`, up to the task itself. The order is that of the index, which it makes PostgreSQL take.
    private static func ownAhead(_ task: WhyFacts.Task, _ tenant: String, _ connection: any Connection) throws -> LimitedCount {
        let count = try connection.row(
            """
            SELECT COUNT(*) FROM (
                SELECT 1 FROM tasks AS t
                WHERE t.state = 'queued' AND t.queue = \(task.queue) AND t.tenant = \(tenant)
                    AND (t.priority, t.ready_at, t.id) < (\(task.priority), \(task.readyAt), \(task.id))
                ORDER BY t.priority, t.ready_at, t.id LIMIT \(mostAhead + 1)) AS ahead
            """
        ) { Int($0.int(0)) }
        return LimitedCount(counted: count ?? 0, limit: mostAhead)
    }

    /// Two ranges of `tasks_ready`, around the tenant's own: `<>` would read through the tenant's backlog.
    private static func others(_ queue: String, _ tenant: String, _ connection: any Connection) throws -> LimitedCount {
        let count = try connection.row(
            """
            SELECT COUNT(*) FROM (
                SELECT 1 FROM (
                    SELECT 1 FROM tasks AS t WHERE t.state = 'queued' AND t.queue = \(queue) AND t.tenant < \(tenant)
                    ORDER BY t.tenant, t.priority, t.ready_at, t.id LIMIT \(mostAhead + 1)) AS lower
                UNION ALL
                SELECT 1 FROM (
                    SELECT 1 FROM tasks AS t WHERE t.state = 'queued' AND t.queue = \(queue) AND t.tenant > \(tenant)
                    ORDER BY t.tenant, t.priority, t.ready_at, t.id LIMIT \(mostAhead + 1)) AS higher) AS others
            """
        ) { Int($0.int(0)) }
        return LimitedCount(counted: count ?? 0, limit: mostAhead)
    }
}

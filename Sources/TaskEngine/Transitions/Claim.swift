package import Storage

/// Hands ready tasks to a worker: this is where fairness, priority and the fence live.
///
/// Called by the engine's turn inside a write transaction. Before the commit nobody holds the tasks; after it each belongs
/// to this worker under a claim number nobody else has, until it is settled or the worker is declared dead. Its cost goes
/// with the number of slots, not with the backlog or the number of tenants: every step is a seek in `tasks_ready`.
package enum Claim {
    /// What is asked of one queue.
    package struct Request: Sendable {
        /// The queue to claim from.
        package var queue: String
        /// At most this many tasks.
        package var slots: Int
        /// Tenants after this one come first, then those up to it; "" begins with the first. See ``ClaimTurns/cursor``.
        package var afterTenant: String
        /// At most this many tenants, at least 1; with fewer than there are slots, each gives several tasks. Default: `slots`.
        package var tenants: Int
        /// Types this process was found not to know; left for another worker.
        package var exceptTypes: [String]
        /// Tasks whose abandoned handler still runs here.
        package var exceptTasks: [Int64]
        /// How many tenants have paused this queue for themselves: theirs is passed over.
        package var tenantPauses: Int
        /// Whether each tenant gives one task at the most and the scan ends with the last tenant: for a caller who knows that far more
        /// tenants than slots come behind the cursor. Only where ``Claim/canTakeOneEach(_:on:)``. Default: false.
        package var oneEach = false

        package init(
            queue: String, slots: Int, afterTenant: String = "", tenants: Int? = nil, exceptTypes: [String] = [], exceptTasks: [Int64] = [],
            tenantPauses: Int = 0
        ) {
            self.queue = queue
            self.slots = slots
            self.afterTenant = afterTenant
            self.tenants = tenants ?? slots
            self.exceptTypes = exceptTypes
            self.exceptTasks = exceptTasks
            self.tenantPauses = tenantPauses
        }

        fileprivate var hasExceptions: Bool { !exceptTypes.isEmpty || !exceptTasks.isEmpty }
    }

    /// Tenants with nothing but tasks that are left for another worker, which one claim looks behind.
    private static let mostPassedOver = 10_000

    /// What a worker may do in this transaction.
    package enum Hold: Sendable, Equatable {
        /// Settle and claim.
        case live
        /// Settle what it holds, and claim nothing more: shutdown has begun.
        case draining
        /// Nothing: it was declared dead or has stopped, and its claims are no longer its own.
        case gone
    }

    /// Holds the worker's row so that it cannot be declared dead before this transaction ends, and says what it may do.
    package static func holdWorker(_ worker: Int64, on connection: any Connection) throws -> Hold {
        switch try connection.row("SELECT state FROM workers WHERE id = \(worker)\(lock: .share)", { $0.text(0) }) {
        case "live": .live
        case "draining": .draining
        default: .gone
        }
    }

    /// Unpaused queues that hold ready tasks, by a skip scan: one seek per queue with work.
    package static func readyQueues(on connection: any Connection) throws -> [QueueDefinition] {
        try connection.rows(
            """
            WITH RECURSIVE ready(queue) AS (
                SELECT first.queue FROM (SELECT queue FROM tasks WHERE state = 'queued' ORDER BY queue LIMIT 1) AS first
                UNION ALL
                SELECT (SELECT t.queue FROM tasks t WHERE t.state = 'queued' AND t.queue > ready.queue ORDER BY t.queue LIMIT 1)
                FROM ready WHERE ready.queue IS NOT NULL)
            SELECT queues.name, queues.pool, queues.weight, queues.tenant_pauses FROM ready JOIN queues ON queues.name = ready.queue WHERE queues.paused = 0
            """
        ) { row in
            var queue = QueueDefinition(name: row.text(0), pool: row.text(1), weight: Int(row.int(2)))
            queue.tenantPauses = Int(row.int(3))
            return queue
        }
    }

    /// Takes up to `request.slots` tasks: each tenant's first, priority 0 before 9, then oldest; tenants in turn, those after
    /// `request.afterTenant` before those up to it.
    ///
    /// With T tenants found, `request.tenants` at the most, each gives at most ⌈slots / T⌉ tasks, so fewer than `slots` may come back although more are
    /// ready; the caller asks again while it has slots and got something.
    package static func claim(_ request: Request, worker: Int64, now: Int64, on connection: any Connection) throws -> [ClaimedTask] {
        let picked = request.oneEach ? oneOfEach(request) : firstOfEach(request, connection.dialect)
        let statement: SQL = """
            WITH RECURSIVE \(fragment: picked)
            UPDATE tasks
            SET state = 'running', worker = \(worker), claim = claim + 1, attempt = attempt + 1, started_at = \(now), version = version + 1
            FROM pick WHERE tasks.id = pick.id
            RETURNING tasks.id, tasks.tenant, tasks.type, tasks.queue, tasks.priority, tasks.claim, tasks.attempt,
                tasks.attempt_base, tasks.max_retries, tasks.soft_ms, tasks.timeout_ms, tasks.ready_at, tasks.created_at,
                tasks.version, (SELECT p.input FROM task_payloads p WHERE p.task_id = tasks.id), tasks.expires_at,
                tasks.run_id, tasks.node, tasks.element, tasks.pending
            """
        let claimed = try connection.rows(statement) { row in
            ClaimedTask(
                id: row.int(0), tenant: row.text(1), type: row.text(2), queue: row.text(3), priority: Int(row.int(4)), claim: row.int(5),
                attempt: Int(row.int(6)), attemptBase: Int(row.int(7)), maxRetries: Int(row.int(8)), softMilliseconds: row.intOrNil(9),
                timeoutMilliseconds: row.intOrNil(10), readyAt: row.int(11), createdAt: row.int(12), startedAt: now, version: row.int(13),
                worker: worker, input: row.textOrNil(14) ?? "{}", expiresAt: row.intOrNil(15), node: TaskNode(row, from: 16))
        }
        // RETURNING is unordered; handlers start in the order the tasks were due.
        return claimed.sorted { ($0.priority, $0.readyAt, $0.id) < ($1.priority, $1.readyAt, $1.id) }
    }

    /// Whether a request may ask for one of each. PostgreSQL cannot lock rows in a recursion, and what is left out or passed
    /// over is not looked for there.
    package static func canTakeOneEach(_ request: Request, on dialect: Dialect) -> Bool {
        dialect == .sqlite && request.tenantPauses == 0 && !request.hasExceptions
    }

    /// The first entry of a tenant in the index is its first task: one seek finds both.
    private static func oneOfEach(_ request: Request) -> SQL {
        """
        turn(id, tenant, n) AS (
            SELECT x.id, x.tenant, 1 FROM tasks AS x WHERE x.id = (
                SELECT t.id FROM tasks AS t WHERE t.state = 'queued' AND t.queue = \(request.queue) AND t.tenant > \(request.afterTenant)
                ORDER BY t.tenant, t.priority, t.ready_at, t.id LIMIT 1)
            UNION ALL
            SELECT x.id, x.tenant, turn.n + 1 FROM turn CROSS JOIN tasks AS x WHERE turn.n < \(request.slots) AND x.id = (
                SELECT t.id FROM tasks AS t WHERE t.state = 'queued' AND t.queue = \(request.queue) AND t.tenant > turn.tenant
                ORDER BY t.tenant, t.priority, t.ready_at, t.id LIMIT 1)),
        pick(id) AS (SELECT id FROM turn)
        """
    }

    private static func firstOfEach(_ request: Request, _ dialect: Dialect) -> SQL {
        // Tenants that are passed over may come first in the scan.
        let mostTenants = request.tenants + request.tenantPauses + (request.hasExceptions ? mostPassedOver : 0)
        return """
            later(tenant, n) AS (
                SELECT first.tenant, 1 FROM (
                    SELECT tenant FROM tasks WHERE state = 'queued' AND queue = \(request.queue) AND tenant > \(request.afterTenant)
                    ORDER BY tenant LIMIT 1) AS first
                UNION ALL
                SELECT (SELECT t.tenant FROM tasks t WHERE t.state = 'queued' AND t.queue = \(request.queue) AND t.tenant > later.tenant
                        ORDER BY t.tenant LIMIT 1), later.n + 1
                FROM later WHERE later.tenant IS NOT NULL AND later.n < \(mostTenants)),
            earlier(tenant, n) AS (
                SELECT first.tenant, 1 FROM (
                    SELECT tenant FROM tasks WHERE state = 'queued' AND queue = \(request.queue) AND tenant <= \(request.afterTenant)
                    ORDER BY tenant LIMIT 1) AS first
                UNION ALL
                SELECT (SELECT t.tenant FROM tasks t WHERE t.state = 'queued' AND t.queue = \(request.queue) AND t.tenant > earlier.tenant
                        AND t.tenant <= \(request.afterTenant) ORDER BY t.tenant LIMIT 1), earlier.n + 1
                FROM earlier WHERE earlier.tenant IS NOT NULL AND earlier.n < \(mostTenants)),
            served(tenant) AS (
                SELECT turns.tenant FROM (
                    SELECT tenant FROM later UNION ALL SELECT tenant FROM earlier) AS turns
                \(fragment: passedOver(request))LIMIT \(request.tenants)),
            share(k) AS (SELECT (\(request.slots) + COUNT(*) - 1) / CASE COUNT(*) WHEN 0 THEN 1 ELSE COUNT(*) END FROM served),
            pick(id) AS (\(fragment: pick(request, dialect)))
            """
    }

    /// The first tasks of each tenant served. SQLite has no LATERAL, PostgreSQL no correlated `IN … LIMIT` that locks.
    private static func pick(_ request: Request, _ dialect: Dialect) -> SQL {
        let except = exclusions(request)
        switch dialect {
        case .sqlite:
            return """
                SELECT x.id FROM served CROSS JOIN tasks x
                WHERE x.id IN (
                    SELECT t.id FROM tasks t
                    WHERE t.state = 'queued' AND t.queue = \(request.queue) AND t.tenant = served.tenant\(fragment: except)
                    ORDER BY t.priority, t.ready_at, t.id LIMIT (SELECT k FROM share))
                LIMIT \(request.slots)
                """
        case .postgres:
            return """
                SELECT x.id FROM served CROSS JOIN LATERAL (
                    SELECT t.id FROM tasks t
                    WHERE t.state = 'queued' AND t.queue = \(request.queue) AND t.tenant = served.tenant\(fragment: except)
                    ORDER BY t.priority, t.ready_at, t.id LIMIT (SELECT k FROM share) FOR UPDATE SKIP LOCKED) AS x
                LIMIT \(request.slots)
                """
        }
    }

    /// Left out of the scan itself: a condition there would walk the whole backlog of a tenant that is passed over. One that
    /// has nothing for this process takes nobody's turn.
    private static func passedOver(_ request: Request) -> SQL {
        var conditions: SQL = ""
        if request.tenantPauses > 0 {
            conditions += "AND NOT EXISTS (SELECT 1 FROM queue_pauses AS p WHERE p.queue = \(request.queue) AND p.tenant = turns.tenant) "
        }
        if request.hasExceptions {
            conditions += """
                AND EXISTS (SELECT 1 FROM tasks AS t WHERE t.state = 'queued' AND t.queue = \(request.queue) AND t.tenant = turns.tenant\(
                    fragment: exclusions(request)))
                """
        }
        return "WHERE turns.tenant IS NOT NULL \(fragment: conditions)"
    }

    private static func exclusions(_ request: Request) -> SQL {
        var clause: SQL = ""
        for type in request.exceptTypes { clause += " AND t.type <> \(type)" }
        for task in request.exceptTasks { clause += " AND t.id <> \(task)" }
        return clause
    }
}

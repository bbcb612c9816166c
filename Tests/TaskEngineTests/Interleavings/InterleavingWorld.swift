import Storage
import TaskEngine
import TestSupport

/// The same small database for every interleaving: two live workers and one that ended long ago, tasks in every state, keys,
/// old rows that may be pruned, and a bulk operation under way.
struct InterleavingWorld: Sendable {
    static let tenant = "acme"
    static let now: Int64 = 1_700_000_000_000_000
    static let old = now - 30 * 86_400_000_000

    var worker: Int64 = 0
    var other: Int64 = 0
    /// Ended long ago: failed ones with unique keys, succeeded ones with results and logs, a cancelled one.
    var failed: [Int64] = []
    var succeeded: [Int64] = []
    var cancelled: Int64 = 0
    /// Held by ``worker``, one of them in its second attempt and one with a unique key; then the bulk operation.
    var running: [ClaimedTask] = []
    var operation: ClaimedTask?
    /// Held by ``other``.
    var foreign: ClaimedTask?
    /// Ready; the second has a unique key, the third has expired.
    var queued: [Int64] = []
    /// Due, and not due but expired.
    var scheduled: [Int64] = []
    /// All due: one whose last task is running, one of which a due time waits for a task that has ended, one that has not begun.
    var schedules: [Int64] = []
    /// A run: two of its nodes are held, one by ``worker`` and one by ``other``, one waits for an event and two for other nodes.
    var flow: Int64 = 0
    var nodes: [ClaimedTask] = []
    var waitingNode: Int64?
    /// A run that was killed, and its tasks.
    var endedFlow: Int64 = 0
    var endedNodes: [Int64] = []
    /// A run that was killed, and of which only the first task has been ended: another is ready still.
    var stopping: Int64 = 0
    /// A run with a list and a child run under way: an element is held by ``worker``, the child's node by ``other``.
    var deep = DeepRun()
    /// What `tasks` held at the beginning.
    var before: [Int64: InterleavingRow] = [:]

    var ended: [Int64] { failed + succeeded + [cancelled] }
    var unfinished: [Int64] { running.map(\.id) + [foreign?.id].compactMap(\.self) + queued + scheduled }

    /// Fills an empty database, and keeps a copy of it for ``restore(on:)``.
    static func make(on connection: any Connection) throws -> InterleavingWorld {
        var world = InterleavingWorld()
        try QueueSetup.insertMissing([.init(name: "default", pool: "default", weight: 1)], now: old, on: connection)
        try world.makeOld(connection)
        try world.makeRunning(connection)
        try world.makeReady(connection)
        try world.makeSchedules(connection)
        try world.makeRuns(connection)
        _ = try SecretRows.put("OLD", SealedSecret(key: "k", text: "old"), tenant: tenant, now: old, on: connection)
        world.before = try InterleavingRow.all(connection)
        try connection.executeScript(tables.map { "CREATE TABLE kept_\($0) AS TABLE \($0);" }.joined())
        return world
    }

    /// Puts every row back as it was, in one round trip.
    static func restore(on connection: any Connection) throws {
        try connection.executeScript(tables.map { "DELETE FROM \($0); INSERT INTO \($0) SELECT * FROM kept_\($0);" }.joined())
    }

    private static let tables = [
        "tasks", "task_payloads", "task_results", "attempts", "task_progress", "task_logs", "task_labels", "unique_keys",
        "idempotency_keys", "queue_pauses", "pools", "workers", "queues",
        "schedules", "schedule_firings",
        "workflows", "workflow_runs", "workflow_events", "rollup", "secrets",
    ]

    private mutating func makeRuns(_ connection: any Connection) throws {
        try QueueSetup.insertMissing(
            [.init(name: "flow", pool: "default", weight: 1), SystemQueue.definition], now: Self.old, on: connection)
        _ = try RegisterWorkflow.register(Self.definition(nodes: 4), tenant: Self.tenant, now: Self.old, on: connection)
        let start = Self.now - 5_000_000
        guard case .started(let ended, _) = try Self.start("ended", now: start, connection),
            case .killed = try KillRun.kill(ended, tenant: nil, as: .cancelled, reason: nil, Workflows(), now: start, on: connection),
            case .started(let run, let changes) = try Self.start("flow", now: start, connection)
        else { throw FixtureError("runs can be started") }
        (endedFlow, flow) = (ended, run)
        endedNodes = try connection.rows("SELECT id FROM tasks WHERE run_id = \(ended) ORDER BY id") { $0.int(0) }
        waitingNode = changes.first { $0.node?.run == run && $0.node?.index == 4 }?.id
        for holder in [worker, other] {
            nodes += try Claim.claim(.init(queue: "flow", slots: 1), worker: holder, now: start, on: connection)
        }
        deep = try DeepRun.make(worker, other, now: start, connection)
        stopping = try Self.makeStopping(now: start, connection)
    }

    private static func makeStopping(now: Int64, _ connection: any Connection) throws -> Int64 {
        var limits = RunLimits()
        limits.mostStops = 1
        guard case .started(let run, _) = try start("stopping", now: now, connection),
            case .killed = try KillRun.kill(
                run, tenant: nil, as: .cancelled, reason: nil, Workflows(limits: limits), now: now, on: connection)
        else { throw FixtureError("a run can be killed") }
        return run
    }

    /// Two tasks, a list behind the first, a join behind both, and an event.
    static func definition(nodes: Int) throws -> WorkflowDefinition {
        let text = """
            {"name": "flow", "nodes": [
                {"id": "a", "task": "test.sample", "queue": "flow", "retry": {"max_retries": 0}},
                {"id": "b", "task": "test.sample", "queue": "flow", "retry": {"max_retries": 0}},
                {"id": "event", "wait_event": {"name": "go"}},
                {"id": "list", "task": "test.sample", "queue": "flow", "foreach": [1, 2], "concurrency": 1, "depends_on": ["a"]},
                {"id": "join", "task": "test.sample", "queue": "flow", "depends_on": ["a", "b"]\(nodes > 4 ? #", "priority": 3"# : "")}]}
            """
        guard case .accepted(let plan, _) = WorkflowDefinition.parse(text, rules: .stored) else { throw FixtureError("it is right") }
        return plan.definition
    }

    static func start(_ key: String, now: Int64, _ connection: any Connection) throws -> StartRun.Result {
        try StartRun.start(.init(workflow: "flow", key: key), tenant: tenant, Workflows(), now: now, on: connection)
    }

    private mutating func makeOld(_ connection: any Connection) throws {
        let gone = try Self.register("gone", now: Self.old, connection)
        let ids = try Self.submit(
            [
                Self.task(retries: 0, key: "f1"), Self.task(retries: 0, key: "f2"), Self.task(key: "d1", tags: #"["seen"]"#), Self.task(),
                Self.task(),
            ], now: Self.old, connection)
        let claimed = try Claim.claim(.init(queue: "default", slots: 4), worker: gone, now: Self.old, on: connection)
        let (toFail, toComplete) = (claimed.filter { $0.id < ids[2] }, claimed.filter { $0.id >= ids[2] })
        let error = TaskError(code: "e", message: "m")
        _ = try EndAttempts.end(
            toFail.map { .init(task: $0, next: .fail, outcome: .failed, error: error) }, now: Self.old, on: connection)
        try JournalWrites.insert(
            toComplete.map { .init(task: $0.id, attempt: 1, level: "info", message: "m", at: Self.old) }, now: Self.old, on: connection)
        try JournalWrites.store(
            toComplete.map { .init(task: $0.id, claim: 1, fraction: 1, message: nil) }, now: Self.old, on: connection)
        _ = try Complete.complete(toComplete.map { .init(task: $0, output: "1") }, now: Self.old, on: connection)
        _ = try Cancel.cancel(task: ids[4], tenant: Self.tenant, now: Self.old, on: connection)
        try WorkerLease.stop(gone, now: Self.old, on: connection)
        (failed, succeeded, cancelled) = (Array(ids[0...1]), Array(ids[2...3]), ids[4])
        // A key whose window outlived its task, and a request that was answered.
        try connection.execute(
            "INSERT INTO unique_keys (tenant, type, unique_key, task_id, until) VALUES (\(Self.tenant), 'test.sample', 'w', 1, \(Self.old))"
        )
        _ = try IdempotencyKeys.once(
            Self.idempotencyKey("old"), now: Self.old, on: connection, effect: {}, answer: { "[]" }, replay: { _ in })
    }

    private mutating func makeRunning(_ connection: any Connection) throws {
        worker = try Self.register("worker", now: Self.now - 1_000_000, connection)
        other = try Self.register("other", now: Self.now - 1_000_000, connection)
        let start = Self.now - 20_000_000
        _ = try Self.submit([Self.task(), Self.task(key: "r2"), Self.task(type: BulkAction.cancel.taskName)], now: start, connection)
        let claimed = try Claim.claim(.init(queue: "default", slots: 3), worker: worker, now: start, on: connection)
        _ = try EndAttempts.end(
            [.init(task: claimed[0], next: .retry(at: start), outcome: .failed, error: nil)], now: start, on: connection)
        let again = try Claim.claim(.init(queue: "default", slots: 1), worker: worker, now: start, on: connection)
        running = [again[0], claimed[1]]
        operation = claimed[2]
        _ = try Self.submit([Self.task()], now: start, connection)
        foreign = try Claim.claim(.init(queue: "default", slots: 1), worker: other, now: start, on: connection).first
    }

    private mutating func makeReady(_ connection: any Connection) throws {
        let start = Self.now - 10_000_000
        var (expired, due, never) = (Self.task(), Self.task(), Self.task())
        expired.expiresAt = Self.now - 1
        due.runAt = Self.now - 1
        never.runAt = Self.now + 3_600_000_000
        never.expiresAt = Self.now - 1
        queued = try Self.submit([Self.task(), Self.task(key: "q2"), expired], now: start, connection)
        scheduled = try Self.submit([due, never], now: start, connection)
    }

    private mutating func makeSchedules(_ connection: any Connection) throws {
        for (name, overlap) in [("busy", ScheduleOverlap.queueOne), ("waiting", .queueOne), ("fresh", .allow)] {
            let result = try WriteSchedule.create(
                Self.schedule(name, overlap: overlap), tenant: Self.tenant, now: Self.now - 10_000_000, on: connection)
            guard case .written(let schedule, _) = result else { throw FixtureError("the schedule was not made") }
            schedules.append(schedule.id)
        }
        try connection.execute("UPDATE schedules SET last_task = \(running[0].id) WHERE id = \(schedules[0])")
        try connection.execute(
            """
            UPDATE schedules SET last_task = \(succeeded[0]), waiting_at = \(Self.now - 30_000_000), firings = 1 WHERE id = \(schedules[1])
            """)
        try connection.execute(
            """
            INSERT INTO schedule_firings (schedule_id, number, due_at, decided_at, outcome, manual)
            VALUES (\(schedules[1]), 1, \(Self.now - 30_000_000), \(Self.now - 30_000_000), 'waiting', 0)
            """)
    }

    // MARK: - Small things

    /// Due every ten seconds, and so at ``now``.
    static func schedule(_ name: String, overlap: ScheduleOverlap) -> ScheduleDefinition {
        ScheduleDefinition(
            name: name, timing: .interval(milliseconds: 10_000, anchor: 0), target: .task(task()), overlap: overlap, catchUp: .latest)
    }

    static func task(type: String = "test.sample", retries: Int = 3, key: String? = nil, tags: String? = nil) -> NewTask {
        .sample(tenant: tenant, type: type, maxRetries: retries, tags: tags, uniqueKey: key.map { UniqueKey($0) })
    }

    static func idempotencyKey(_ text: String) -> IdempotencyKey {
        IdempotencyKey(tenant: tenant, subject: "s", route: "POST /tasks", text: text, fingerprint: "f")
    }

    static func register(_ name: String, now: Int64, _ connection: any Connection) throws -> Int64 {
        try WorkerLease.register(
            .init(name: name, host: "test", pid: 1, pools: "{}", queues: #"["*"]"#, types: "[]"), now: now, on: connection)
    }

    private static func submit(_ tasks: [NewTask], now: Int64, _ connection: any Connection) throws -> [Int64] {
        guard case .submitted(let submitted) = try Submit.submit(tasks, now: now, on: connection) else {
            throw FixtureError("the queue is there")
        }
        return submitted.ids
    }
}

/// What matters of a task's row here.
struct InterleavingRow: Sendable {
    let state: TaskState
    let version: Int64
    let worker: Int64?
    let claim: Int64

    static func all(_ connection: any Connection) throws -> [Int64: InterleavingRow] {
        let rows = try connection.rows("SELECT id, state, version, worker, claim FROM tasks") { row in
            guard let state = TaskState(rawValue: row.text(1)) else { throw FixtureError("unknown state \(row.text(1))") }
            return (row.int(0), InterleavingRow(state: state, version: row.int(2), worker: row.intOrNil(3), claim: row.int(4)))
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }
}

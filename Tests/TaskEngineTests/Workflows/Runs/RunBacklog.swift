import Storage
import TaskEngine
import TestSupport

/// 100,000 ended runs with 100,000 tasks, as many lines, events and counts; among them some that are under way.
struct RunBacklog: Sendable {
    var worker: Int64 = 0
    /// Under way, called `key-0` and so on: two nodes each, of which the first is ready. The first has ten lines.
    var runs: [Int64] = []
    /// Waits for the event `go`.
    var waiting: Int64 = 0
    /// Its node `all` has 1,000 elements.
    var list: Int64 = 0
    /// Its first node failed.
    var failed: Int64 = 0
    /// Ended long ago.
    var old: Int64 = 0

    /// Runs that are under way.
    static let unfinished = 500
    /// Half of them belong to `tenant`.
    static let ended = 100_000

    static func fill(_ database: any Database, tenant: String, now: Int64) async throws -> RunBacklog {
        try await database.insertQueue("flow")
        try await database.insertQueue(SystemQueue.name, pool: SystemQueue.name)
        let worker = try await database.insertWorker()
        let definition = try await database.write { connection -> Int64 in
            try register(#"{"name": "ask", "nodes": [{"id": "go", "wait_event": {"name": "go"}}]}"#, tenant, connection)
            try register(
                #"{"name": "list", "parameters": [{"name": "items", "type": "array"}], "nodes": [{"id": "all", "task": "t", "queue": "flow", "foreach": "${params.items}"}]}"#,
                tenant, connection)
            return try register(
                #"{"name": "chain", "nodes": [{"id": "a", "task": "t", "queue": "flow"}, {"id": "b", "task": "t", "queue": "flow", "depends_on": ["a"]}]}"#,
                tenant, connection)
        }
        let oldest = try await fillPast(database, tenant, definition, now)
        return try await database.write { connection in
            var world = RunBacklog(worker: worker, old: oldest)
            world.failed = try start("chain", tenant, now, connection)
            let claimed = try Claim.claim(.init(queue: "flow", slots: 1), worker: worker, now: now, on: connection)
            let error = TaskError(code: "e", message: "m")
            _ = try Settle.settle(
                [], claimed.map { .init(task: $0, next: .fail, outcome: .failed, error: error) }, now: now, on: connection)
            for index in 0..<unfinished { world.runs.append(try start("chain", tenant, now, key: "key-\(index)", connection)) }
            world.waiting = try start("ask", tenant, now, connection)
            let items = (0..<1000).map { "\($0)" }.joined(separator: ",")
            world.list = try start("list", tenant, now, params: #"{"items": [\#(items)]}"#, connection)
            try connection.execute("UPDATE workflow_runs SET deadline_at = \(now) WHERE id > \(world.runs[9]) AND id <= \(world.runs[14])")
            let task = try connection.row("SELECT id FROM tasks WHERE run_id = \(world.runs[0]) AND node = 0") { $0.int(0) } ?? 0
            let run = world.runs[0]
            try JournalWrites.insert(
                (0..<10).map { _ in .init(task: task, run: run, attempt: 1, level: "info", message: "m", at: now) }, now: now,
                on: connection)
            return world
        }
    }

    @discardableResult
    private static func register(_ text: String, _ tenant: String, _ connection: any Connection) throws -> Int64 {
        guard case .accepted(let plan, _) = WorkflowDefinition.parse(text, rules: .stored) else { throw FixtureError("it is right") }
        return try RegisterWorkflow.register(plan.definition, tenant: tenant, now: 1, on: connection).stored.id
    }

    private static func start(
        _ workflow: String, _ tenant: String, _ now: Int64, key: String? = nil, params: String? = nil, _ connection: any Connection
    ) throws -> Int64 {
        let request = StartRun.Request(workflow: workflow, params: params, key: key)
        guard case .started(let run, _) = try StartRun.start(request, tenant: tenant, Workflows(), now: now, on: connection) else {
            throw FixtureError("the run was not started")
        }
        return run
    }

    // MARK: - What has ended

    /// Each has a task, a line, an event and a count. Nearly all succeeded.
    /// - Returns: the first one.
    private static func fillPast(_ database: any Database, _ tenant: String, _ definition: Int64, _ now: Int64) async throws -> Int64 {
        var oldest: Int64?
        for slice in 0..<ended / 10_000 {
            let owner = slice.isMultiple(of: 2) ? tenant : "globex"
            let first = try await database.write { connection in
                let ids = try connection.allocateIDs(20_000)
                var rows = RowSet([.bigint("id"), .bigint("task"), .text("state"), .bigint("n")], capacity: 10_000)
                for index in 0..<10_000 {
                    rows.append([.int(ids[index * 2]), .int(ids[index * 2 + 1]), .text(state(index)), .int(Int64(slice * 10_000 + index))])
                }
                try insert(rows, owner, definition, now, connection)
                return ids[0]
            }
            oldest = oldest ?? first
        }
        return oldest ?? 0
    }

    private static func state(_ index: Int) -> String {
        switch index % 1000 {
        case 1: "failed"
        case 2: "cancelled"
        case 3: "timed_out"
        default: "succeeded"
        }
    }

    private static func insert(_ rows: RowSet, _ owner: String, _ definition: Int64, _ now: Int64, _ connection: any Connection) throws {
        try connection.forEach(
            rows,
            """
            INSERT INTO workflow_runs
                (id, tenant, definition, workflow, workflow_version, state, params, created_at, finished_at, unfinished, task_count, root)
            SELECT r.id, \(owner), \(definition), CASE WHEN r.n % 5 = 0 THEN 'other' ELSE 'chain' END, 1, r.state, '{}', 1, 2, 0, 1, r.id
            FROM \(rows, as: "r")
            """)
        try connection.forEach(
            rows,
            """
            INSERT INTO tasks (id, tenant, type, queue, state, priority, max_retries, ready_at, created_at, finished_at, run_id, node, pending)
            SELECT r.task, \(owner), 't', 'flow', 'succeeded', 5, 0, 1, 1, 2, r.id, 0, 0 FROM \(rows, as: "r")
            """)
        try connection.forEach(
            rows,
            """
            INSERT INTO task_logs (id, task_id, attempt, level, message, logged_at, run_id)
            SELECT r.n + 1, r.task, 1, 'info', 'm', 1, r.id FROM \(rows, as: "r")
            """)
        try connection.forEach(
            rows, "INSERT INTO task_results (task_id, output, created_at) SELECT r.task, '1', 1 FROM \(rows, as: "r")")
        try connection.forEach(
            rows,
            "INSERT INTO workflow_events (id, run_id, name, data, created_at) SELECT r.n + 1, r.id, 'go', '1', 1 FROM \(rows, as: "r")")
        try connection.forEach(
            rows,
            """
            INSERT INTO rollup (tenant, name, hour, outcome, bucket, shard, count)
            SELECT \(owner), CASE WHEN r.n % 5 = 0 THEN 'other' ELSE 'chain' END, \(now / 3_600_000_000) - r.n % 700, 'succeeded', r.n, 0, 1
            FROM \(rows, as: "r")
            """)
    }
}

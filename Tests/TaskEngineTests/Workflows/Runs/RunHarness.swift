import JSONText
import Storage
import TaskEngine
import TestSupport

/// An engine with the front door of workflows, on a database of the test's own.
struct RunHarness {
    static let tenant = "acme"
    let engine: EngineHarness
    let service: WorkflowService

    init(
        _ database: any Database, slots: Int = 10, settings: EngineSettings = .forTests, artifacts: ArtifactStore? = nil,
        secrets: SecretStore? = nil,
        tasks: (inout TaskRegistry) -> Void = { _ in }
    ) async throws {
        var settings = settings
        settings.pools = ["default": slots, SystemQueue.name: 2]
        engine = try await EngineHarness(database, settings: settings, artifacts: artifacts, secrets: secrets) { registry in
            WorkflowTasks.register(in: &registry)
            tasks(&registry)
        }
        try await database.write { try QueueSetup.insertMissing([SystemQueue.definition], now: 1, on: $0) }
        service = WorkflowService(tasks: engine.service)
    }

    /// Registers a definition given as JSON.
    func register(_ text: String) async throws {
        guard case .registered = try await service.register(text, tenant: Self.tenant) else {
            throw FixtureError("the definition was refused: \(try await service.register(text, tenant: Self.tenant))")
        }
    }

    /// Starts a run and returns its id.
    func start(_ name: String, params: String? = nil, key: String? = nil) async throws -> Int64 {
        switch try await service.start(.init(workflow: name, params: params, key: key), tenant: Self.tenant) {
        case .started(let run, _), .existing(let run): return run
        case let other: throw FixtureError("the run was refused: \(other)")
        }
    }

    /// Waits until the run has ended and returns its state.
    @discardableResult
    func end(of run: Int64) async throws -> RunState {
        var state = RunState.pending
        try await eventually("run \(run) has ended") {
            state = try await engine.database.run(run).state
            return state.isTerminal
        }
        return state
    }

    /// Registers `text`, starts one run of it and waits for its end.
    func run(_ text: String, params: String? = nil) async throws -> (id: Int64, state: RunState) {
        try await register(text)
        let name = try JSONDocument(parsing: text).root["name"]?.string ?? ""
        let run = try await start(name, params: params)
        return (run, try await end(of: run))
    }
}

/// A run's row as tests see it.
struct StoredRun: Sendable, Equatable {
    let state: RunState
    let unfinished: Int64
    let flawed: Int64
    let failed: Int64
    let finishedAt: Int64?
    let version: Int64
}

/// A node's row, or an element's.
struct StoredNode: Sendable, Equatable {
    let task: Int64
    let index: Int
    let element: Int?
    let state: TaskState
    let pending: Int64
    let attempt: Int
    let errorCode: String?
    let errorMessage: String?
    let output: String?
}

extension Database {
    func run(_ id: Int64) async throws -> StoredRun {
        let found = try await read { connection in
            try connection.row("SELECT state, unfinished, flawed, failed, finished_at, version FROM workflow_runs WHERE id = \(id)") {
                row in
                StoredRun(
                    state: RunState(rawValue: row.text(0)) ?? .pending, unfinished: row.int(1), flawed: row.int(2), failed: row.int(3),
                    finishedAt: row.intOrNil(4), version: row.int(5))
            }
        }
        guard let found else { throw FixtureError("there is no run \(id)") }
        return found
    }

    /// The nodes of a run in the order of the definition; elements behind their node.
    func nodes(of run: Int64, elements: Bool = false) async throws -> [StoredNode] {
        let all = try await read { connection in
            try connection.rows(
                """
                SELECT t.id, t.node, t.element, t.state, t.pending, t.attempt, t.error_code, t.error_message, x.output
                FROM tasks AS t LEFT JOIN task_results AS x ON x.task_id = t.id WHERE t.run_id = \(run)
                ORDER BY t.node, CASE WHEN t.element IS NULL THEN -1 ELSE t.element END
                """
            ) { row in
                StoredNode(
                    task: row.int(0), index: Int(row.int(1)), element: row.intOrNil(2).map(Int.init),
                    state: TaskState(rawValue: row.text(3)) ?? .waiting, pending: row.int(4), attempt: Int(row.int(5)),
                    errorCode: row.textOrNil(6), errorMessage: row.textOrNil(7), output: row.textOrNil(8))
            }
        }
        return elements ? all : all.filter { $0.element == nil }
    }

    /// States of a run's nodes in the order of the definition.
    func states(of run: Int64) async throws -> [TaskState] { try await nodes(of: run).map(\.state) }
}

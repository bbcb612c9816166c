import Logging
import ServiceLifecycle
import Storage
import Synchronization
import TaskEngine
import TestSupport

/// One engine on a database of the test's own, with a signal for every change it announces.
struct EngineHarness {
    let database: any Database
    let service: TaskService
    let engine: Engine
    let group: ServiceGroup
    let changes: TestSignal<TaskChange>

    init(
        _ database: any Database, settings: EngineSettings = .forTests, clock: EngineClock = .system, name: String = "engine",
        isolator: (any TaskIsolator)? = nil, artifacts: ArtifactStore? = nil, secrets: SecretStore? = nil,
        tasks: (inout TaskRegistry) -> Void = { _ in }
    ) async throws {
        var registry = TaskRegistry()
        DemoTasks.register(in: &registry)
        tasks(&registry)
        let now = clock.now()
        try await database.write {
            try QueueSetup.insertMissing([.init(name: "default", pool: "default", weight: 1)], now: now, on: $0)
        }
        let hub = ChangeHub(database: database)
        let changes = TestSignal<TaskChange>()
        hub.subscribe { for change in $0 { changes.send(change) } }
        self.database = database
        self.changes = changes
        service = TaskService(database: database, registry: registry, settings: settings, hub: hub, clock: clock)
        engine = Engine(
            database: database, registry: registry, settings: settings, hub: hub, clock: clock, isolator: isolator,
            artifacts: artifacts, secrets: secrets, logger: .silent)
        group = ServiceGroup(configuration: .init(services: [.init(service: engine)], logger: .silent))
    }

    /// Runs the engine while `body` runs, then shuts it down in order and waits for its end.
    func run(_ body: (EngineHarness) async throws -> Void) async throws {
        let running = Task { try await group.run() }
        do {
            try await body(self)
        } catch {
            await group.triggerGracefulShutdown()
            _ = await running.result
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    /// Submits one task and returns its id.
    func submit(_ request: SubmitRequest, tenant: String = "default") async throws -> Int64 {
        try await submit([request], tenant: tenant)[0]
    }

    func submit(_ requests: [SubmitRequest], tenant: String = "default") async throws -> [Int64] {
        switch try await service.submit(requests, tenant: tenant) {
        case .submitted(let submitted): return submitted.ids
        case .refused(let refusal): throw refusal
        }
    }

    /// Waits until the engine announces that `task` is in `state`.
    func wait(for task: Int64, _ state: TaskState) async throws {
        try await changes.wait { $0.contains { $0.id == task && $0.state == state } }
    }

    /// Waits until every one of `tasks` was announced in `state`.
    func wait(for tasks: [Int64], _ state: TaskState) async throws {
        // Asked anew with each change: looks at what came since, or thousands of changes would be looked at thousands of times.
        let open = Mutex((tasks: Set(tasks), seen: 0))
        try await changes.wait(within: .seconds(40)) { changes in
            open.withLock { open in
                for change in changes[open.seen...] where change.state == state { open.tasks.remove(change.id) }
                open.seen = changes.count
                return open.tasks.isEmpty
            }
        }
    }
}

extension EngineSettings {
    /// Retries at once, so that tests need not wait for a backoff.
    static var forTests: EngineSettings {
        var settings = EngineSettings()
        settings.pools = ["default": 10]
        settings.retry = .exponentialJitter(maxRetries: 3, base: .zero, cap: .zero)
        settings.grace = .seconds(5)
        settings.heartbeat = .milliseconds(100)
        settings.workerDead = .milliseconds(1000)
        return settings
    }
}

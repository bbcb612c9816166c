import Foundation
import Logging
import ServiceLifecycle
import Storage
import Synchronization
import TaskEngine

/// An engine on a benchmark's database, with a count of the tasks that succeeded.
final class BenchRig: Sendable {
    let database: any Database
    let service: TaskService
    private let group: ServiceGroup
    private let succeeded = Mutex(0)
    private let progressed = Signal()

    /// - Parameter pools: served beside `default`.
    init(
        _ database: any Database, _ options: BenchOptions, pools: [String: Int] = [:], logger: Logger,
        tasks: (inout TaskRegistry) -> Void = { _ in }
    ) {
        var settings = EngineSettings()
        settings.pools = pools.merging(["default": options.poolLimit]) { $1 }
        settings.grace = .seconds(1)
        var registry = TaskRegistry()
        DemoTasks.register(in: &registry)
        tasks(&registry)
        let hub = ChangeHub(database: database)
        BulkOperations(database: database, hub: hub).register(in: &registry)
        let engine = Engine(database: database, registry: registry, settings: settings, hub: hub, logger: logger)
        self.database = database
        service = TaskService(database: database, registry: registry, settings: settings, hub: hub)
        // The database's own maintenance belongs to what is measured: checkpoints take time as well.
        group = ServiceGroup(
            configuration: .init(
                services: [.init(service: BenchMaintenance(database: database)), .init(service: engine)], logger: logger))
        hub.subscribe { [weak self] changes in self?.count(changes) }
    }

    private func count(_ changes: [TaskChange]) {
        let more = changes.count { $0.state == .succeeded }
        guard more > 0 else { return }
        succeeded.withLock { $0 += more }
        progressed.raise()
    }

    /// Runs the engine while `body` runs.
    func run<Result>(_ body: () async throws -> Result) async throws -> Result {
        let running = Task { try await group.run() }
        let result = try await body()
        await group.triggerGracefulShutdown()
        try await running.value
        return result
    }

    /// Tasks that succeeded since the start.
    var successes: Int { succeeded.withLock { $0 } }

    /// Waits until so many tasks have succeeded since the start.
    func waitForSuccesses(_ count: Int) async {
        while succeeded.withLock({ $0 }) < count { await progressed.wait() }
    }

    /// Tasks per second over `count` tasks of an engine that is started for it.
    /// - Parameter warmUp: tasks that are executed before; at least one, so that the start does not count.
    func rate(of count: Int, warmUp: Int = 1) async throws -> Double {
        try await run {
            await waitForSuccesses(warmUp)
            let already = succeeded.withLock { $0 }
            let started = ContinuousClock.now
            await waitForSuccesses(warmUp + count)
            let done = succeeded.withLock { $0 } - already
            return Double(done) / (started.duration(to: .now) / .seconds(1))
        }
    }

    /// Submits no-op tasks, evenly for so many tenants, in batches of 10,000 at most.
    /// - Parameter runAt: microseconds since 1970; nil for now.
    func fill(_ count: Int, tenants: Int = 1, callers: Int = 1, runAt: Int64? = nil, type: String = "demo.noop") async throws {
        let perTenant = max(count / tenants, 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    for tenant in stride(from: caller, to: tenants, by: callers) {
                        try await self.fill(perTenant, of: tenant == 0 ? "default" : "tenant-\(tenant)", runAt: runAt, type: type)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func fill(_ count: Int, of tenant: String, runAt: Int64?, type: String) async throws {
        var left = count
        while left > 0 {
            let batch = Array(repeating: SubmitRequest(type: type, runAt: runAt), count: min(left, 10_000))
            if case .refused(let refusal) = try await service.submit(batch, tenant: tenant) { throw refusal }
            left -= batch.count
        }
    }

    func submitOne(_ type: String = "demo.noop", tenant: String = "default", runAt: Int64? = nil) async throws {
        if case .refused(let refusal) = try await service.submit([SubmitRequest(type: type, runAt: runAt)], tenant: tenant) {
            throw refusal
        }
    }
}

extension BenchRig {
    /// Times each of `count` calls, in microseconds.
    static func sampled(_ count: Int, _ call: () async throws -> Void) async throws -> [Int64] {
        var samples: [Int64] = []
        samples.reserveCapacity(count)
        for _ in 0..<count {
            let started = ContinuousClock.now
            try await call()
            samples.append(Int64(started.duration(to: .now) / .microseconds(1)))
        }
        return samples
    }
}

/// Keeps the database's maintenance going without closing it at the end: figures are read from it afterwards.
private struct BenchMaintenance: Service {
    let database: any Database

    func run() async throws {
        if let sqlite = database as? SQLiteDatabase { await sqlite.runCheckpoints() } else { try await gracefulShutdown() }
    }
}

/// CPU time of this process, user and system, in seconds.
func processCPUSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

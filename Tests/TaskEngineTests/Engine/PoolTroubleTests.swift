import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

/// Processes with handlers that fail, hang and are cancelled, whose worker ids are declared dead, and whose limit changes.
@Suite("Limits of pools in trouble", .timeLimit(.minutes(5)))
struct PoolTroubleTests {
    /// Handlers at work that nobody has told to stop: one that was told to has lost its slot when its process lost its lease.
    private final class Gauge: Sendable {
        private let state = Mutex((next: 0, running: Set<Int>(), most: 0))

        func enter() -> Int {
            state.withLock { state in
                state.next += 1
                state.running.insert(state.next)
                state.most = max(state.most, state.running.count)
                return state.next
            }
        }

        func leave(_ ticket: Int) { state.withLock { _ = $0.running.remove(ticket) } }
        func restart() { state.withLock { $0.most = $0.running.count } }
        var most: Int { state.withLock { $0.most } }
        /// Handlers that have begun.
        var begun: Int { state.withLock { $0.next } }
    }

    private struct Process {
        let engine: EngineHarness
        let gauge: Gauge
    }

    @Test(
        "neither the handlers of a process nor its rows ever exceed the limit, through retries, cancels, lost leases and new limits",
        arguments: DatabaseKind.available)
    func never(_ kind: DatabaseKind) async throws {
        try await withProcesses(kind) { database, processes in
            let feeding = Task { try await Self.feed(processes[0].engine) }
            for limit in [5, 2, 7, 1, 3] {
                _ = try await processes[0].engine.service.setLimit(ofPool: "default", limit)
                for process in processes { try await Self.adopted(limit, by: process, database) }
                for process in processes { process.gauge.restart() }
                for process in processes {
                    let begun = process.gauge.begun
                    if let worker = process.engine.engine.snapshot().workerID {
                        _ = try await database.write { try Rescue.rescue(worker: worker, beat: nil, now: EngineClock.system.now(), on: $0) }
                    }
                    var rows = 0
                    try await eventually("it works on under its next id") {
                        rows = max(rows, try await Self.mostRows(database))
                        return process.gauge.begun >= begun + 30
                    }
                    #expect(rows <= limit)
                }
                #expect(processes.allSatisfy { $0.gauge.most <= limit })
                #expect(processes.allSatisfy { $0.gauge.most > 0 })
            }
            feeding.cancel()
            if case .failure(let error) = await feeding.result, !(error is CancellationError) { throw error }
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE lost > 0") > 0)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE state = 'cancelled' AND started_at IS NOT NULL") > 0)
            #expect(try await database.count("SELECT COUNT(*) FROM attempts WHERE outcome = 'failed'") > 0)
        }
    }

    /// Running rows of the worker that has most of them.
    private static func mostRows(_ database: any Database) async throws -> Int {
        try await database.count(
            """
            SELECT COALESCE(MAX(held.tasks), 0) FROM (
                SELECT COUNT(*) AS tasks FROM tasks WHERE state = 'running' GROUP BY worker) AS held
            """)
    }

    /// A claim that was under way when the limit came may still bring what the former one allowed: it works by the new one once
    /// it has begun what no such claim brought, and what was too much has ended.
    private static func adopted(_ limit: Int, by process: Process, _ database: any Database) async throws {
        try await eventually("the limit \(limit) is adopted") { process.engine.engine.snapshot().pools[0].limit == limit }
        let begun = process.gauge.begun
        try await eventually("it works by the limit \(limit)") {
            guard process.gauge.begun >= begun + 10, process.engine.engine.snapshot().pools[0].running <= limit else { return false }
            return try await mostRows(database) <= limit
        }
    }

    /// Keeps work there, and cancels some of it.
    private static func feed(_ engine: EngineHarness) async throws {
        while !Task.isCancelled {
            _ = try await engine.submit(Array(repeating: SubmitRequest(type: "test.trouble"), count: 100))
            try await eventually("what never ends by itself is cancelled, most of it while it runs") {
                let (running, left) = try await engine.database.read { connection in
                    let hanging = try connection.rows("SELECT id, state FROM tasks WHERE id % 5 = 0 AND finished_at IS NULL") {
                        (id: $0.int(0), state: $0.text(1))
                    }
                    return (hanging.filter { $0.state == "running" || $0.id % 4 == 0 }.map(\.id), hanging.count)
                }
                for task in running { _ = try await engine.service.cancel(task: task, tenant: "default") }
                return left == 0
            }
            try await eventually("most of it has ended") {
                try await engine.database.count("SELECT COUNT(*) FROM tasks WHERE finished_at IS NULL") < 30
            }
        }
    }

    /// Two, or the one that an SQLite file has.
    private func withProcesses(_ kind: DatabaseKind, _ body: (any Database, [Process]) async throws -> Void) async throws {
        try await withDatabasePlace(kind) { place in
            let database = try await place.open()
            defer { database.close() }
            try await place.migrate(database)
            let first = try await process(database, "first")
            guard kind == .postgres else { return try await first.engine.run { _ in try await body(database, [first]) } }
            let other = try await place.open()
            defer { other.close() }
            let second = try await process(other, "second")
            try await first.engine.run { _ in try await second.engine.run { _ in try await body(database, [first, second]) } }
        }
    }

    private func process(_ database: any Database, _ name: String) async throws -> Process {
        let gauge = Gauge()
        let engine = try await EngineHarness(database, name: name) { registry in
            registry.register(name: "test.trouble") { _, context in
                let ticket = gauge.enter()
                defer { gauge.leave(ticket) }
                return try await withTaskCancellationHandler {
                    try await Self.work(context)
                } onCancel: {
                    gauge.leave(ticket)
                }
            }
        }
        return Process(engine: engine, gauge: gauge)
    }

    /// Succeeds, fails at first, or goes on until it is told to stop.
    private static func work(_ context: TaskContext) async throws -> String? {
        for _ in 0..<20 { await Task.yield() }
        if context.id % 5 == 0 {
            try await Task.sleep(for: .seconds(600))
        }
        if context.id % 5 == 1, context.attempt == 1 { throw TaskError(code: "once", message: "m") }
        return nil
    }
}

import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

@Suite("Limits of pools are changed while processes run", .timeLimit(.minutes(5)))
struct PoolLimitTests {
    /// How many handlers run now, and the most that ever ran since the last look.
    private final class Gauge: Sendable {
        private let state = Mutex((now: 0, most: 0))

        func enter() {
            state.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
        }

        func leave() { state.withLock { $0.now -= 1 } }
        func restart() { state.withLock { $0.most = $0.now } }
        var most: Int { state.withLock { $0.most } }
    }

    private func settings(_ limit: Int) -> EngineSettings {
        var settings = EngineSettings.forTests
        settings.pools = ["default": limit]
        return settings
    }

    /// Waits until this engine goes by `limit` and runs no more than that.
    private func adopted(_ limit: Int, by engine: EngineHarness) async throws {
        try await eventually("the limit \(limit) is adopted") {
            let pool = engine.engine.snapshot().pools[0]
            return pool.limit == limit && pool.running <= limit
        }
    }

    @Test("a pool never exceeds its limit, however it is changed under load", arguments: DatabaseKind.available)
    func underLoad(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let gauge = Gauge()
            let harness = try await EngineHarness(database, settings: settings(8)) { registry in
                registry.register(name: "test.gauge") { _, _ in
                    gauge.enter()
                    for _ in 0..<20 { await Task.yield() }
                    gauge.leave()
                    return nil
                }
            }
            try await harness.run { engine in
                let feeding = Task {
                    while !Task.isCancelled {
                        let tasks = try await engine.submit(Array(repeating: SubmitRequest(type: "test.gauge"), count: 100))
                        try await engine.wait(for: tasks, .succeeded)
                    }
                }
                for limit in [2, 6, 1, 12, 3, 8, 1, 2] {
                    #expect(try await engine.service.setLimit(ofPool: "default", limit)?.limit == limit)
                    try await adopted(limit, by: engine)
                    gauge.restart()
                    let seen = engine.changes.values.count
                    try await engine.changes.wait(for: seen + 60)
                    #expect(gauge.most <= limit)
                }
                feeding.cancel()
                _ = await feeding.result
            }
        }
    }

    @Test("a raised limit is used in full, also by handlers that block their threads", arguments: DatabaseKind.available)
    func beyondThreads(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let gate = TestGate()
            let started = TestSignal<Void>()
            let harness = try await EngineHarness(database, settings: settings(3)) { registry in
                registry.register(name: "test.block") { _, _ in
                    started.send()
                    try gate.pass()
                    return nil
                }
            }
            try await harness.run { engine in
                let tasks = try await engine.submit(Array(repeating: SubmitRequest(type: "test.block"), count: 30))
                try await started.wait(for: 3)
                _ = try await engine.service.setLimit(ofPool: "default", 25)
                try await started.wait(for: 25)
                #expect(started.values.count == 25)
                gate.open()
                try await engine.wait(for: tasks, .succeeded)
            }
        }
    }

    @Test("a lowered limit leaves running work alone", arguments: DatabaseKind.available)
    func lowered(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let started = TestSignal<Void>()
            let release = TestSignal<Void>()
            let harness = try await EngineHarness(database, settings: settings(4)) { registry in
                registry.register(name: "test.hold") { _, _ in
                    started.send()
                    try await release.wait(for: 1)
                    return nil
                }
            }
            try await harness.run { engine in
                let tasks = try await engine.submit(Array(repeating: SubmitRequest(type: "test.hold"), count: 5))
                try await started.wait(for: 4)
                _ = try await engine.service.setLimit(ofPool: "default", 1)
                try await eventually("the limit is adopted") { engine.engine.snapshot().pools[0].limit == 1 }
                #expect(engine.engine.snapshot().pools[0].running == 4)
                release.send()
                try await engine.wait(for: tasks, .succeeded)
                for task in tasks { #expect(try await database.task(task).attempt == 1) }
            }
        }
    }

    @Test("with the limit 0 nothing is started until it is removed", arguments: DatabaseKind.available)
    func zero(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue("beside", pool: "beside")
            var settings = settings(4)
            settings.pools["beside"] = 1
            try await EngineHarness(database, settings: settings).run { engine in
                _ = try await engine.service.setLimit(ofPool: "default", 0)
                try await eventually("nothing is allowed") { engine.engine.snapshot().pools[1].limit == 0 }
                let held = try await engine.submit(.init(type: "demo.noop"))
                let beside = try await engine.submit(.init(type: "demo.noop", queue: "beside"))
                try await engine.wait(for: beside, .succeeded)
                #expect(try await database.task(held).state == .queued)
                #expect(try await engine.service.setLimit(ofPool: "default", nil)?.limit == 4)
                try await engine.wait(for: held, .succeeded)
            }
        }
    }

    @Test("a limit outlives the process, and the worker's row says what it goes by", arguments: DatabaseKind.available)
    func restart(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await EngineHarness(database, settings: settings(4)).run { engine in
                _ = try await engine.service.setLimit(ofPool: "default", 7)
                try await eventually("the row follows") { try await Self.pools(database) == [#"{"default":7} of {"default":4}"#] }
            }
            try await EngineHarness(database, settings: settings(5)).run { engine in
                try await eventually("it is registered") { engine.engine.snapshot().workerID != nil }
                #expect(engine.engine.snapshot().pools[0].limit == 7)
                #expect(try await Self.pools(database) == [#"{"default":7} of {"default":5}"#])
                _ = try await engine.service.setLimit(ofPool: "default", nil)
                try await adopted(5, by: engine)
            }
        }
    }

    @Test("what nobody announced is found by looking", arguments: DatabaseKind.available)
    func unannounced(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await EngineHarness(database, settings: settings(4)).run { engine in
                try await eventually("it is registered") { engine.engine.snapshot().workerID != nil }
                #expect(try await database.write { try PoolSetup.setLimit(pool: "default", 2, now: 1, on: $0) })
                try await adopted(2, by: engine)
            }
        }
    }

    @Test(
        "the other processes on the database follow as well",
        .enabled(if: PostgresSchema.isAvailable, "\(PostgresSchema.reason)"))
    func fleet() async throws {
        try await withDatabasePlace(.postgres) { place in
            let (first, second) = (try await place.open(), try await place.open())
            defer {
                first.close()
                second.close()
            }
            try await place.migrate(first)
            try await EngineHarness(first, settings: settings(4)).run { one in
                try await EngineHarness(second, settings: settings(6)).run { two in
                    try await eventually("both are there") {
                        one.engine.snapshot().workerID != nil && two.engine.snapshot().workerID != nil
                    }
                    _ = try await one.service.setLimit(ofPool: "default", 3)
                    try await adopted(3, by: two)
                    _ = try await two.service.setLimit(ofPool: "default", nil)
                    try await adopted(4, by: one)
                    try await adopted(6, by: two)
                }
            }
        }
    }

    @Test("a pool is known by a queue, a worker or a limit, and by nothing else", arguments: DatabaseKind.available)
    func known(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            func set(_ pool: String, _ limit: Int?) async throws -> Bool {
                try await database.write { try PoolSetup.setLimit(pool: pool, limit, now: 1, on: $0) }
            }
            #expect(try await !set("of-queue", 1))
            try await database.insertQueue("q", pool: "of-queue")
            #expect(try await set("of-queue", 1))
            #expect(try await !set("of-worker", nil))
            _ = try await database.write {
                try WorkerLease.register(
                    .init(name: "w", host: "h", pid: 1, pools: #"{"of-worker":1}"#, queues: "[]", types: "[]"), now: 0, on: $0)
            }
            #expect(try await set("of-worker", 0))
            #expect(try await database.read { try ReadPools.overrides(on: $0) } == ["of-queue": 1, "of-worker": 0])
            #expect(try await set("of-worker", nil))
            #expect(try await database.read { try ReadPools.overrides(on: $0) } == ["of-queue": 1])
        }
    }

    private static func pools(_ database: any Database) async throws -> [String] {
        try await database.read {
            try $0.rows("SELECT pools, configured_pools FROM workers WHERE state = 'live' ORDER BY id") { "\($0.text(0)) of \($0.text(1))" }
        }
    }
}

import ServiceLifecycle
import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

/// As two processes on one PostgreSQL. On SQLite, where one process owns the file, as two engines in it.
@Suite("Two engines on one database", .timeLimit(.minutes(5)))
struct TwoEnginesTests {
    /// Which engine ran a task, and how often it was run.
    private final class Runs: Sendable {
        private let runs = Mutex<[Int64: [String]]>([:])

        func add(_ task: Int64, _ engine: String) {
            runs.withLock { $0[task, default: []].append(engine) }
        }

        var all: [Int64: [String]] { runs.withLock { $0 } }
    }

    @Test("each of 2,000 tasks is run once, by either", arguments: DatabaseKind.available)
    func once(kind: DatabaseKind) async throws {
        try await withTwo(kind) { first, second, runs in
            let tasks = try await first.submit(Array(repeating: SubmitRequest(type: "test.count"), count: 1000))
            let others = try await second.submit(Array(repeating: SubmitRequest(type: "test.count"), count: 1000))
            try await Self.waitUntilSucceeded(2000, first.database)
            #expect(Set(runs.all.keys) == Set(tasks + others))
            #expect(runs.all.values.filter { $0.count != 1 } == [])
            #expect(Set(runs.all.values.flatMap(\.self)) == ["first", "second"], "both have worked")
        }
    }

    @Test("a delayed task is promoted and a unique key is held by one of them only", arguments: DatabaseKind.available)
    func delaysAndKeys(kind: DatabaseKind) async throws {
        try await withTwo(kind) { first, second, runs in
            let now = EngineClock.system.now()
            let delayed = try await first.submit(Array(repeating: SubmitRequest(type: "test.count", runAt: now + 300_000), count: 200))
            var keyed: Set<Int64> = []
            for engine in [first, second, first, second] {
                keyed.insert(try await engine.submit(.init(type: "demo.sleep", input: #"{"ms":2000}"#, uniqueKey: "one")))
            }
            #expect(keyed.count == 1)
            try await Self.waitUntilSucceeded(201, first.database)
            #expect(Set(runs.all.keys) == Set(delayed))
            #expect(runs.all.values.filter { $0.count != 1 } == [])
        }
    }

    /// Two engines at work, each with its own connections where there can be several.
    private func withTwo(_ kind: DatabaseKind, _ body: (EngineHarness, EngineHarness, Runs) async throws -> Void) async throws {
        try await withDatabasePlace(kind) { place in
            let database = try await place.open()
            defer { database.close() }
            try await place.migrate(database)
            let other = kind == .postgres ? try await place.open() : database
            defer { other.close() }
            let runs = Runs()
            let first = try await harness(database, "first", runs), second = try await harness(other, "second", runs)
            try await first.run { first in
                // On SQLite an engine that starts takes everybody before it for dead: let the first one find out before work comes.
                try await second.run { second in
                    try await eventually("both are registered") { try await Self.liveWorkers(database) == 2 }
                    try await body(first, second, runs)
                }
            }
        }
    }

    private func harness(_ database: any Database, _ name: String, _ runs: Runs) async throws -> EngineHarness {
        try await EngineHarness(database, name: name) { registry in
            registry.register(name: "test.count") { _, context in
                runs.add(context.id, name)
                return nil
            }
        }
    }

    private static func liveWorkers(_ database: any Database) async throws -> Int {
        try await database.count("SELECT COUNT(*) FROM workers WHERE state = 'live'")
    }

    private static func waitUntilSucceeded(_ count: Int, _ database: any Database) async throws {
        try await eventually("\(count) tasks have succeeded") {
            try await database.count("SELECT COUNT(*) FROM tasks WHERE state = 'succeeded'") >= count
        }
    }
}

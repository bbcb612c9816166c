import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

@Suite("The engine runs what was submitted", .timeLimit(.minutes(5)))
struct EngineTests {
    @Test("a submitted task runs and succeeds, with its output stored", arguments: DatabaseKind.available)
    func succeeds(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await EngineHarness(database).run { engine in
                let task = try await engine.submit(.init(type: "demo.echo", input: #"{"big": 12345678901234567890, "s":"ü"}"#))
                try await engine.wait(for: task, .succeeded)
                let output = try await database.read {
                    try $0.row("SELECT output FROM task_results WHERE task_id = \(task)") { $0.text(0) }
                }
                #expect(output == #"{"big": 12345678901234567890, "s":"ü"}"#)
            }
        }
    }

    @Test("a thousand tasks of three tenants all succeed", arguments: DatabaseKind.available)
    func many(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await EngineHarness(database).run { engine in
                var tasks: [Int64] = []
                for tenant in ["a", "b", "c"] {
                    tasks += try await engine.submit(Array(repeating: SubmitRequest(type: "demo.noop"), count: 333), tenant: tenant)
                }
                try await engine.wait(for: tasks, .succeeded)
                #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE state <> 'succeeded'") == 0)
                #expect(try await database.count("SELECT COUNT(*) FROM attempts") == 0)
            }
        }
    }

    @Test("a task that fails twice is tried three times and keeps its history", arguments: DatabaseKind.available)
    func retries(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await EngineHarness(database).run { engine in
                let task = try await engine.submit(.init(type: "demo.fail", input: #"{"message":"no","times":2}"#))
                try await engine.wait(for: task, .succeeded)
                let attempts = try await database.attempts(of: task)
                #expect(attempts.map(\.outcome) == [.failed, .failed, .succeeded])
                #expect(attempts.map(\.attempt) == [1, 2, 3])
            }
        }
    }

    @Test("retries used up, and a permanent failure, end in failed with the error kept", arguments: DatabaseKind.available)
    func fails(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await EngineHarness(database)
            // As another version of the task type may have taken it.
            let undecodable = try await database.submit(.sample(tenant: "default", type: "demo.sleep", input: #"{"ms":"soon"}"#))
            try await harness.run { engine in
                let exhausted = try await engine.submit(.init(type: "demo.fail", input: #"{"message":"no"}"#, maxRetries: 1))
                let permanent = try await engine.submit(.init(type: "demo.fail", input: #"{"message":"never","permanent":true}"#))
                try await engine.wait(for: [exhausted, permanent, undecodable], .failed)
                #expect(try await database.attempts(of: exhausted).count == 2)
                #expect(try await database.attempts(of: permanent).count == 1)
                #expect(try await database.task(permanent).errorMessage == "never")
                #expect(try await database.task(undecodable).errorCode == "invalid_input")
            }
        }
    }

    @Test("a running task is cancelled and ends as cancelled", arguments: DatabaseKind.available)
    func cancels(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await EngineHarness(database).run { engine in
                let task = try await engine.submit(.init(type: "demo.sleep", input: #"{"ms":600000}"#))
                try await engine.wait(for: task, .running)
                _ = try await engine.service.cancel(task: task, tenant: "default")
                try await engine.wait(for: task, .cancelled)
            }
        }
    }

    @Test("shutdown puts unfinished work back, uncounted", arguments: DatabaseKind.available)
    func putsBack(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            var settings = EngineSettings.forTests
            settings.grace = .zero
            let id = Mutex<Int64>(0)
            try await EngineHarness(database, settings: settings).run { engine in
                let task = try await engine.submit(.init(type: "demo.sleep", input: #"{"ms":600000}"#))
                try await engine.wait(for: task, .running)
                id.withLock { $0 = task }
            }
            let task = try await database.task(id.withLock { $0 })
            #expect(task.state == .queued)
            #expect(task.attempt == 0)
            #expect(try await database.attempts(of: task.id).map(\.outcome) == [.interrupted])
            #expect(try await database.count("SELECT COUNT(*) FROM workers WHERE state = 'stopped'") == 1)
        }
    }

    @Test("the soft limit cancels a handler, the hard limit gives one up that does not listen", arguments: DatabaseKind.available)
    func limits(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await EngineHarness(database).run { engine in
                let soft = try await engine.submit(
                    .init(type: "demo.sleep", input: #"{"ms":600000}"#, maxRetries: 0, timeoutMilliseconds: 600))
                let hard = try await engine.submit(
                    .init(type: "demo.spin", input: #"{"ms":1500}"#, maxRetries: 0, timeoutMilliseconds: 200))
                try await engine.wait(for: [soft, hard], .failed)
                #expect(try await database.attempts(of: soft).map(\.outcome) == [.timedOut])
                #expect(try await database.attempts(of: hard).map(\.outcome) == [.timedOut])
                #expect(try await database.task(hard).errorCode == "timed_out")
            }
        }
    }

    @Test("a delayed task runs when its time has come", arguments: DatabaseKind.available)
    func delayed(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await EngineHarness(database).run { engine in
                let task = try await engine.submit(.init(type: "demo.noop", delayMilliseconds: 150))
                try await engine.wait(for: task, .succeeded)
                let row = try await database.task(task)
                #expect((row.startedAt ?? 0) - row.createdAt >= 150_000)
            }
        }
    }
}

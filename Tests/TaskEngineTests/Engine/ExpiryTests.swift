import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Expiry in a running engine", .timeLimit(.minutes(5)))
struct ExpiryTests {
    @Test("tasks that expired while nothing ran are cancelled and none of them runs", arguments: DatabaseKind.available)
    func backlog(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await EngineHarness(database)
            // Three batches of the timer: the claim loop meets some of them before it.
            let late = try await database.submit((0..<2500).map { _ in NewTask.expiring(at: 2) }, now: 1)
            let usual = try await database.submit(NewTask(tenant: "default", type: "demo.noop", queue: "default"), now: 1)
            try await harness.run { harness in
                try await harness.wait(for: usual, .succeeded)
                try await harness.wait(for: late, .cancelled)
            }
            #expect(!harness.changes.values.contains { $0.state == .running && $0.id != usual })
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE error_code = 'expired' AND attempt = 0") == 2500)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE error_code = 'expired' AND started_at IS NOT NULL") == 0)
            #expect(try await database.count("SELECT COUNT(*) FROM attempts") == 0)
        }
    }

    @Test("a task in a paused queue expires at its time", arguments: DatabaseKind.available)
    func paused(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue(paused: true)
            let harness = try await EngineHarness(database)
            try await harness.run { harness in
                // Nothing else wakes the timer: on SQLite it sleeps until the submit says that something expires.
                let id = try await harness.submit(
                    SubmitRequest(type: "demo.noop", expiresAt: EngineClock.system.now() + 300_000))
                try await harness.wait(for: id, .cancelled)
                #expect(try await database.task(id).errorCode == "expired")
            }
        }
    }

    @Test("a failed attempt is not made again after the expiry", arguments: DatabaseKind.available)
    func retry(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            var settings = EngineSettings.forTests
            settings.retry = .exponentialJitter(maxRetries: 3, base: .seconds(3600), cap: .seconds(3600))
            let harness = try await EngineHarness(database, settings: settings)
            try await harness.run { harness in
                let hour = EngineClock.system.now() + 3_600_000_000
                let id = try await harness.submit(SubmitRequest(type: "demo.fail", input: #"{"message": "no"}"#, expiresAt: hour))
                try await harness.wait(for: id, .scheduled)
                // The hour has passed.
                try await database.write { _ = try $0.execute("UPDATE tasks SET expires_at = 1 WHERE id = \(id)") }
                try await harness.wait(for: id, .cancelled)
                let task = try await database.task(id)
                #expect(task.errorCode == "expired" && task.attempt == 1)
            }
        }
    }
}

extension NewTask {
    fileprivate static func expiring(at time: Int64) -> NewTask {
        NewTask(tenant: "default", type: "demo.noop", queue: "default", expiresAt: time)
    }
}

import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

@Suite("Complete", .timeLimit(.minutes(5)))
struct CompleteTests {
    struct Refusal: Error {}

    @Test("a success ends the task and stores its output", arguments: DatabaseKind.available)
    func success(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            let changes = try await database.complete([task], output: #"{"rows": 3}"#, now: 20)
            #expect(
                changes == [TaskChange(tenant: "acme", id: task.id, version: 3, state: .succeeded, type: "test.sample", queue: "default")])
            let stored = try await database.task(task.id)
            #expect(stored.state == .succeeded && stored.finishedAt == 20 && stored.startedAt == 10 && stored.worker == nil)
            #expect(stored.output == #"{"rows": 3}"# && stored.version == 3 && stored.attempt == 1 && stored.claim == 1)
        }
    }

    @Test("without output there is no result row", arguments: DatabaseKind.available)
    func noOutput(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            _ = try await database.complete([task])
            #expect(try await database.task(task.id).output == nil)
            #expect(try await database.count("SELECT COUNT(*) FROM task_results") == 0)
        }
    }

    @Test("the first attempt leaves no history, a later one does and clears the error", arguments: DatabaseKind.available)
    func history(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, first in
            _ = try await database.end(first, .retry(at: 15), error: TaskError(code: "handler_error", message: "no"), now: 15)
            #expect(try await database.task(first.id).errorCode == "handler_error")
            let second = try #require(try await database.claim(worker: first.worker, now: 16).first)
            _ = try await database.complete([second], now: 20)
            let stored = try await database.task(first.id)
            #expect(stored.state == .succeeded && stored.errorCode == nil && stored.errorMessage == nil && stored.attempt == 2)
            let attempts = try await database.attempts(of: first.id)
            #expect(attempts.map(\.outcome) == [.failed, .succeeded])
            #expect(
                attempts.last
                    == StoredAttempt(claim: 2, attempt: 2, worker: first.worker, startedAt: 16, finishedAt: 20, outcome: .succeeded))

            let other = try await database.submit(.sample())
            let claimed = try await database.claim(worker: first.worker)
            _ = try await database.complete(claimed)
            #expect(try await database.attempts(of: other).isEmpty)
        }
    }

    @Test("another claim number or another worker changes nothing", arguments: DatabaseKind.available)
    func fence(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            let before = try await database.task(task.id)
            for stale in [task.with(claim: task.claim - 1), task.with(claim: task.claim + 1), task.with(worker: task.worker + 1)] {
                let ran = Mutex(0)
                let changes = try await database.write { connection in
                    try Complete.complete(
                        [.init(task: stale, output: "1", effects: { _ in ran.withLock { $0 += 1 } })], now: 20, on: connection)
                }
                #expect(changes == [])
                #expect(ran.withLock { $0 } == 0)
                #expect(try await database.task(task.id) == before)
            }
            #expect(try await database.attempts(of: task.id).isEmpty)
        }
    }

    @Test("completing twice is completing once", arguments: DatabaseKind.available)
    func twice(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            #expect(try await database.complete([task], output: "1", now: 20).count == 1)
            let once = try await database.task(task.id)
            #expect(try await database.complete([task], output: "2", now: 30).isEmpty)
            #expect(try await database.task(task.id) == once)
        }
    }

    @Test("effects are committed with the success", arguments: DatabaseKind.available)
    func effects(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            let changes = try await database.write { connection in
                try Complete.complete(
                    [
                        .init(task: task) { connection in
                            // A follow-up submit and a write of the handler's own.
                            _ = try Submit.submit([.sample(type: "follow.up")], now: 20, on: connection)
                            try connection.execute("UPDATE queues SET weight = 7 WHERE name = 'default'")
                        }
                    ], now: 20, on: connection)
            }
            #expect(changes.count == 1)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE type = 'follow.up' AND state = 'queued'") == 1)
            #expect(try await database.count("SELECT weight FROM queues") == 7)
        }
    }

    @Test("an effect that throws undoes the success", arguments: DatabaseKind.available)
    func failingEffects(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            let before = try await database.task(task.id)
            await #expect(throws: Refusal.self) {
                try await database.write { connection in
                    try Complete.complete([.init(task: task, output: "1") { _ in throw Refusal() }], now: 20, on: connection)
                }
            }
            let after = try await database.task(task.id)
            #expect(after == before)
        }
    }

    @Test("a batch accepts what still holds and refuses the rest", arguments: DatabaseKind.available)
    func mixedBatch(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await database.submit((0..<300).map { _ in .sample() })
            let claimed = try await database.claim(300, worker: worker, now: 10)
            let batch = claimed.enumerated().map { index, task in index.isMultiple(of: 3) ? task.with(claim: 99) : task }
            let changes = try await database.complete(batch, output: "true", now: 20)
            #expect(Set(changes.map(\.id)) == Set(claimed.indices.filter { !$0.isMultiple(of: 3) }.map { claimed[$0].id }))
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE state = 'succeeded'") == 200)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE state = 'running'") == 100)
            #expect(try await database.count("SELECT COUNT(*) FROM task_results") == 200)
        }
    }

    @Test("an empty batch is nothing", arguments: DatabaseKind.available)
    func empty(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let changes = try await database.complete([])
            #expect(changes == [])
        }
    }

    @Test("a success wins over a cancellation that was asked for", arguments: DatabaseKind.available)
    func cancelRequested(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            _ = try await database.cancel(task.id, now: 15)
            #expect(try await database.complete([task], output: "1", now: 20).map(\.state) == [.succeeded])
            #expect(try await database.task(task.id).output == "1")
        }
    }
}

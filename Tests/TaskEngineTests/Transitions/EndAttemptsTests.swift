import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("End of attempts that did not succeed", .timeLimit(.minutes(5)))
struct EndAttemptsTests {
    private let error = TaskError(code: "handler_error", message: "it's \"broken\" \\")

    @Test("a retry waits for its time, keeps the error and counts", arguments: DatabaseKind.available)
    func retryLater(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            let changes = try await database.end(task, .retry(at: 1000), error: error, now: 20)
            #expect(
                changes == [TaskChange(tenant: "acme", id: task.id, version: 3, state: .scheduled, type: "test.sample", queue: "default")])
            let stored = try await database.task(task.id)
            #expect(stored.state == .scheduled && stored.readyAt == 1000 && stored.worker == nil && stored.finishedAt == nil)
            #expect(stored.attempt == 1 && stored.claim == 1 && stored.errorCode == error.code && stored.errorMessage == error.message)
            let attempt = StoredAttempt(
                claim: 1, attempt: 1, worker: task.worker, startedAt: 10, finishedAt: 20, outcome: .failed, errorCode: error.code,
                errorMessage: error.message)
            #expect(try await database.attempts(of: task.id) == [attempt])
        }
    }

    @Test("a retry without delay is queued at once", arguments: DatabaseKind.available)
    func retryNow(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            #expect(try await database.end(task, .retry(at: 20), now: 20).map(\.state) == [.queued])
            let again = try #require(try await database.claim(worker: task.worker, now: 21).first)
            #expect(again.attempt == 2 && again.claim == 2 && again.readyAt == 20)
        }
    }

    @Test("a failure for good is the dead letter", arguments: DatabaseKind.available)
    func fail(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            #expect(try await database.end(task, .fail, outcome: .timedOut, error: error, now: 20).map(\.state) == [.failed])
            let stored = try await database.task(task.id)
            #expect(stored.state == .failed && stored.finishedAt == 20 && stored.worker == nil && stored.readyAt == 5)
            #expect(stored.errorCode == error.code && stored.errorMessage == error.message && stored.attempt == 1)
            #expect(try await database.attempts(of: task.id).map(\.outcome) == [.timedOut])
        }
    }

    @Test("interrupted work is ready again and does not count", arguments: DatabaseKind.available)
    func release(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            #expect(try await database.end(task, .release(at: 20), outcome: .interrupted, now: 20).map(\.state) == [.queued])
            #expect(try await database.task(task.id).attempt == 0)
            let again = try #require(try await database.claim(worker: task.worker, now: 21).first)
            #expect(again.attempt == 1 && again.claim == 2)
            _ = try await database.end(again, .release(at: 30), outcome: .interrupted, now: 22)
            #expect(try await database.attempts(of: task.id).map(\.outcome) == [.interrupted, .interrupted])
        }
    }

    @Test("snoozed work waits for its time, uncounted and without history", arguments: DatabaseKind.available)
    func snooze(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            #expect(try await database.end(task, .release(at: 500), outcome: nil, now: 20).map(\.state) == [.scheduled])
            let stored = try await database.task(task.id)
            #expect(stored.readyAt == 500 && stored.attempt == 0 && stored.claim == 1)
            #expect(try await database.attempts(of: task.id).isEmpty)
        }
    }

    @Test("a cancelled attempt cancels the task", arguments: DatabaseKind.available)
    func cancel(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            #expect(try await database.end(task, .cancel, outcome: .cancelled, now: 20).map(\.state) == [.cancelled])
            let stored = try await database.task(task.id)
            #expect(stored.finishedAt == 20 && stored.worker == nil)
            #expect(try await database.attempts(of: task.id).map(\.outcome) == [.cancelled])
        }
    }

    @Test("a cancellation that was asked for wins over every other ending, and the attempt counts", arguments: DatabaseKind.available)
    func cancelWins(_ kind: DatabaseKind) async throws {
        let endings: [(EndAttempts.Next, AttemptOutcome?)] = [
            (.retry(at: 1000), .failed), (.retry(at: 20), .timedOut), (.fail, .failed), (.release(at: 20), .interrupted),
            (.release(at: 1000), nil),
            (.cancel, .cancelled),
        ]
        try await withWorker(kind) { database, worker in
            for (next, outcome) in endings {
                let id = try await database.submit(.sample())
                let task = try #require(try await database.claim(worker: worker, now: 10).first)
                _ = try await database.cancel(id, now: 15)
                #expect(try await database.end(task, next, outcome: outcome, now: 20).map(\.state) == [.cancelled], "\(next)")
                let stored = try await database.task(id)
                #expect(
                    stored.state == .cancelled && stored.finishedAt == 20 && stored.cancelRequestedAt == 15 && stored.attempt == 1,
                    "\(next)")
                #expect(try await database.attempts(of: id).map(\.outcome) == [.cancelled], "\(next)")
            }
        }
    }

    @Test("another claim number or another worker changes nothing", arguments: DatabaseKind.available)
    func fence(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            let before = try await database.task(task.id)
            for stale in [task.with(claim: task.claim - 1), task.with(claim: task.claim + 1), task.with(worker: task.worker + 1)] {
                for next in [EndAttempts.Next.retry(at: 1000), .fail, .cancel, .release(at: 0)] {
                    #expect(try await database.end(stale, next, now: 20) == [])
                }
            }
            #expect(try await database.task(task.id) == before)
            #expect(try await database.attempts(of: task.id).isEmpty)
        }
    }

    @Test("the first of two endings counts, the second changes nothing", arguments: DatabaseKind.available)
    func twice(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            _ = try await database.end(task, .fail, now: 20)
            let once = try await database.task(task.id)
            #expect(try await database.end(task, .retry(at: 30), now: 30) == [])
            #expect(try await database.complete([task], now: 30) == [])
            #expect(try await database.task(task.id) == once)
        }
    }

    @Test("a mixed batch gives each task its own ending", arguments: DatabaseKind.available)
    func mixedBatch(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let ids = try await database.submit((0..<6).map { _ in .sample() })
            let tasks = try await database.claim(6, worker: worker, now: 10)
            let error = error
            let changes = try await database.write { connection in
                try EndAttempts.end(
                    [
                        .init(task: tasks[0], next: .retry(at: 1000), outcome: .failed, error: error),
                        .init(task: tasks[1], next: .fail, outcome: .failed, error: error),
                        .init(task: tasks[2], next: .cancel, outcome: .cancelled, error: nil),
                        .init(task: tasks[3], next: .release(at: 20), outcome: .interrupted, error: nil),
                        .init(task: tasks[4].with(claim: 9), next: .fail, outcome: .failed, error: error),
                        .init(task: tasks[5], next: .release(at: 900), outcome: nil, error: nil),
                    ], now: 20, on: connection)
            }
            let states = Dictionary(uniqueKeysWithValues: changes.map { ($0.id, $0.state) })
            #expect(tasks.map(\.id) == ids)
            #expect(ids.map { states[$0] } == [.scheduled, .failed, .cancelled, .queued, nil, .scheduled])
            #expect(try await database.count("SELECT COUNT(*) FROM attempts") == 4)
            #expect(try await database.task(ids[4]).state == .running)
        }
    }

    @Test("retries are used up after max_retries + 1 attempts", arguments: DatabaseKind.available)
    func budget(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await database.submit(.sample(maxRetries: 2))
            var budgets: [Bool] = []
            for _ in 0..<3 {
                let task = try #require(try await database.claim(worker: worker).first)
                budgets.append(task.hasRetriesLeft)
                _ = try await database.end(task, .retry(at: 0))
            }
            #expect(budgets == [true, true, false])
        }
    }

    @Test("a long error message is cut")
    func longMessage() {
        let cut = TaskError(code: "x", message: String(repeating: "ü", count: 10_000)).message
        #expect(cut.utf8.count <= 4000 && cut.hasSuffix("…") && cut.hasPrefix("üü"))
        #expect(TaskError(code: "x", message: String(repeating: "a", count: 4000)).message.count == 4000)
    }
}

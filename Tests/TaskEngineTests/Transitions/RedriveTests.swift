import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Redrive", .timeLimit(.minutes(5)))
struct RedriveTests {
    @Test("every state has its answer", arguments: DatabaseKind.available)
    func everyState(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            for state in TaskState.allCases {
                let id = try await database.submit(.sample())
                try await database.force(id, state)
                let before = try await database.task(id)
                let result = try await database.redrive(id, now: 50)
                let after = try await database.task(id)
                switch state {
                case .failed, .cancelled, .skipped:
                    let change = TaskChange(tenant: "acme", id: id, version: 2, state: .queued, type: "test.sample", queue: "default")
                    #expect(result == .queued(change))
                    #expect(after.state == .queued && after.readyAt == 50 && after.finishedAt == nil)
                case .waiting, .scheduled, .queued, .running, .succeeded:
                    #expect(result == .refused(state))
                    #expect(after == before)
                }
            }
        }
    }

    @Test("attempts are kept and the retry budget begins anew", arguments: DatabaseKind.available)
    func budget(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let id = try await database.submit(.sample(maxRetries: 1))
            let error = TaskError(code: "handler_error", message: "no")
            for number in 1...2 {
                let task = try #require(try await database.claim(worker: worker).first)
                _ = try await database.end(task, number == 2 ? .fail : .retry(at: 0), error: error, now: 1)
            }
            _ = try await database.redrive(id, now: 50)
            let stored = try await database.task(id)
            #expect(stored.attempt == 2 && stored.attemptBase == 2 && stored.claim == 2 && stored.lost == 0)
            #expect(stored.errorCode == nil && stored.errorMessage == nil && stored.startedAt == nil)
            let third = try #require(try await database.claim(worker: worker).first)
            #expect(third.attempt == 3 && third.claim == 3 && third.attemptBase == 2 && third.hasRetriesLeft)
            _ = try await database.end(third, .retry(at: 0), error: error, now: 60)
            let fourth = try #require(try await database.claim(worker: worker).first)
            #expect(!fourth.hasRetriesLeft)
            _ = try await database.complete([fourth], now: 70)
            let attempts = try await database.attempts(of: id)
            #expect(attempts.map(\.attempt) == [1, 2, 3, 4])
            #expect(attempts.map(\.outcome) == [.failed, .failed, .failed, .succeeded])
        }
    }

    @Test("a cancelled task forgets that it was to be cancelled", arguments: DatabaseKind.available)
    func cancelled(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            _ = try await database.cancel(task.id, now: 20)
            _ = try await database.end(task, .cancel, outcome: .cancelled, now: 21)
            _ = try await database.redrive(task.id, now: 30)
            let again = try #require(try await database.claim(worker: task.worker, now: 31).first)
            #expect(try await database.task(task.id).cancelRequestedAt == nil)
            #expect(try await database.end(again, .retry(at: 1000), now: 32).map(\.state) == [.scheduled])
        }
    }

    @Test("an answer from before the redrive changes nothing", arguments: DatabaseKind.available)
    func lateAnswer(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            _ = try await database.end(task, .fail, now: 20)
            _ = try await database.redrive(task.id, now: 30)
            #expect(try await database.complete([task], now: 31) == [])
            #expect(try await database.task(task.id).state == .queued)
        }
    }

    @Test("another tenant's task and one that is not there are unknown alike", arguments: DatabaseKind.available)
    func unknown(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            _ = try await database.end(task, .fail, now: 20)
            #expect(try await database.redrive(task.id, tenant: "other") == .unknown)
            #expect(try await database.redrive(task.id + 1) == .unknown)
            #expect(try await database.task(task.id).state == .failed)
        }
    }
}

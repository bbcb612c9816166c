import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Cancel", .timeLimit(.minutes(5)))
struct CancelTests {
    @Test("every state has its answer", arguments: DatabaseKind.available)
    func everyState(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            for state in TaskState.allCases {
                let id = try await database.submit(.sample())
                try await database.force(id, state)
                let before = try await database.task(id)
                let result = try await database.cancel(id, now: 50)
                let after = try await database.task(id)
                switch state {
                case .waiting, .scheduled, .queued:
                    let change = TaskChange(tenant: "acme", id: id, version: 2, state: .cancelled, type: "test.sample", queue: "default")
                    #expect(result == .cancelled(change))
                    #expect(after.state == .cancelled && after.finishedAt == 50 && after.cancelRequestedAt == 50 && after.version == 2)
                case .running:
                    let change = TaskChange(tenant: "acme", id: id, version: 2, state: .running, type: "test.sample", queue: "default")
                    #expect(result == .requested(change, at: 50))
                    #expect(
                        after.state == .running && after.cancelRequestedAt == 50 && after.worker == before.worker && after.finishedAt == nil
                    )
                case .succeeded, .failed, .cancelled, .skipped:
                    #expect(result == .finished(state))
                    #expect(after == before)
                }
            }
        }
    }

    @Test("the first request's time stays", arguments: DatabaseKind.available)
    func twice(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            _ = try await database.cancel(task.id, now: 50)
            guard case .requested(_, let time, _, _) = try await database.cancel(task.id, now: 60) else {
                throw FixtureError("not requested")
            }
            #expect(time == 50)
        }
    }

    @Test("another tenant's task and one that is not there are unknown alike", arguments: DatabaseKind.available)
    func unknown(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let id = try await database.submit(.sample())
            #expect(try await database.cancel(id, tenant: "other") == .unknown)
            #expect(try await database.cancel(id + 1) == .unknown)
            #expect(try await database.task(id).state == .queued)
        }
    }

    @Test("a cancelled task is neither claimed nor promoted", arguments: DatabaseKind.available)
    func gone(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let ids = try await database.submit([.sample(), .sample(runAt: 100)], now: 10)
            for id in ids { _ = try await database.cancel(id, now: 20) }
            #expect(try await database.promote(now: 1000).changes.isEmpty)
            #expect(try await database.claim(10, worker: worker).isEmpty)
        }
    }

    @Test("a worker learns which of its tasks are to be cancelled", arguments: DatabaseKind.available)
    func requests(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let ids = try await database.submit((0..<4).map { _ in .sample() })
            let mine = try await database.claim(3, worker: worker).map(\.id)
            let other = try await database.insertWorker("other")
            _ = try await database.claim(3, worker: other)
            for id in [ids[0], ids[2], ids[3]] { _ = try await database.cancel(id, now: 5) }
            #expect(mine == Array(ids.prefix(3)))
            #expect(try await database.read { try WorkerLease.cancelRequests(worker: worker, on: $0) } == [ids[0], ids[2]])
        }
    }

    @Test("a cancel and a claim at once leave one of the two", arguments: DatabaseKind.available)
    func race(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            for _ in 0..<30 {
                let id = try await database.submit(.sample())
                async let claiming = database.claim(worker: worker, now: 5)
                async let cancelling = database.cancel(id, now: 5)
                let (claimed, result) = try await (claiming, cancelling)
                let task = try await database.task(id)
                switch result {
                case .cancelled: #expect(claimed.isEmpty && task.state == .cancelled && task.worker == nil)
                case .requested:
                    #expect(claimed.map(\.id) == [id] && task.state == .running && task.cancelRequestedAt == 5)
                    _ = try await database.end(claimed[0], .cancel, outcome: .cancelled)
                case .finished, .unknown: Issue.record("\(result)")
                }
            }
        }
    }
}

import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Expire", .timeLimit(.minutes(5)))
struct ExpireTests {
    @Test("what waits is cancelled at its time, and not before", arguments: DatabaseKind.available)
    func waiting(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let queued = try await database.submit(.sample(expiresAt: 100))
            let scheduled = try await database.submit(.sample(runAt: 90, expiresAt: 100))
            let waiting = try await database.submit(.sample(expiresAt: 100))
            try await database.force(waiting, .waiting)
            let later = try await database.submit(.sample(expiresAt: 101))
            let never = try await database.submit(.sample())
            let early = try await database.expire(now: 99)
            #expect(early.changes.isEmpty && early.next == 100 && !early.hasMore)
            let result = try await database.expire(now: 100)
            #expect(Set(result.changes.map(\.id)) == [queued, scheduled, waiting] && result.next == 101)
            #expect(result.changes.allSatisfy { $0.state == .cancelled && $0.version == 2 })
            for id in [queued, scheduled, waiting] {
                let task = try await database.task(id)
                #expect(task.state == .cancelled && task.errorCode == "expired" && task.finishedAt == 100 && task.attempt == 0)
                #expect(task.startedAt == nil && task.cancelRequestedAt == nil)
            }
            for id in [later, never] { #expect(try await database.task(id).state == .queued) }
            let last = try await database.expire(now: 200)
            #expect(last.changes.map(\.id) == [later] && last.next == nil)
        }
    }

    @Test("an attempt that runs goes on, and is not made again", arguments: DatabaseKind.available)
    func running(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind, .sample(expiresAt: 50)) { database, task in
            #expect(task.expiresAt == 50)
            let result = try await database.expire(now: 60)
            // Its expiry is still told: it may be put back.
            #expect(result.changes.isEmpty && result.next == 50)
            let error = TaskError(code: "handler_error", message: "no")
            _ = try await database.end(task, .retry(at: 1000), error: error, now: 70)
            #expect(try await database.expire(now: 71).changes.map(\.state) == [.cancelled])
            let stored = try await database.task(task.id)
            #expect(stored.errorCode == "expired" && stored.attempt == 1 && stored.startedAt == 10)
            #expect(try await database.attempts(of: task.id).map(\.errorCode) == ["handler_error"])
        }
    }

    @Test("a running task that succeeds late has succeeded", arguments: DatabaseKind.available)
    func success(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind, .sample(expiresAt: 50)) { database, task in
            #expect(try await database.complete([task], now: 60).map(\.state) == [.succeeded])
            let next = try await database.expire(now: 70).next
            #expect(next == nil)
        }
    }

    @Test("terminal tasks are left alone", arguments: DatabaseKind.available)
    func terminal(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            for state in TaskState.allCases where state.isTerminal {
                let id = try await database.submit(.sample(expiresAt: 10))
                try await database.force(id, state)
            }
            let result = try await database.expire(now: 100)
            #expect(result.changes.isEmpty && result.next == nil)
        }
    }

    @Test("a batch has a limit and says that there is more", arguments: DatabaseKind.available)
    func limit(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let ids = try await database.submit((0..<5).map { .sample(expiresAt: 10 + Int64($0)) })
            let result = try await database.expire(now: 100, limit: 3)
            #expect(Set(result.changes.map(\.id)) == Set(ids.prefix(3)) && result.hasMore)
            #expect(try await database.expire(now: 100, limit: 3).hasMore == false)
        }
    }

    @Test("processes that expire, claim and cancel at once end each task once", arguments: DatabaseKind.available)
    func concurrent(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let ids = try await database.submit((0..<300).map { _ in .sample(expiresAt: 10) })
            let expired = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for index in 0..<3 {
                    group.addTask {
                        var mine: [Int64] = []
                        for _ in 0..<6 { mine += try await database.expire(now: 100, limit: 25).changes.map(\.id) }
                        return mine
                    }
                    group.addTask {
                        for id in ids.dropFirst(index * 50).prefix(20) { _ = try await database.cancel(id) }
                        return []
                    }
                    group.addTask {
                        _ = try await database.claim(20, worker: worker)
                        return []
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(expired).count == expired.count)
            _ = try await database.expire(now: 100)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE state NOT IN ('running', 'cancelled')") == 0)
        }
    }

    @Test("a redrive forgets the expiry", arguments: DatabaseKind.available)
    func redrive(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let id = try await database.submit(.sample(expiresAt: 10))
            _ = try await database.expire(now: 20)
            #expect(try await database.redrive(id, now: 30).isQueued)
            #expect(try await database.expire(now: 40).changes.isEmpty)
            let claimed = try await database.claim(worker: worker, now: 50)
            #expect(claimed.map(\.id) == [id] && claimed.first?.expiresAt == nil)
        }
    }
}

extension Database {
    func expire(now: Int64, limit: Int = Expire.largestBatch) async throws -> Expire.Result {
        try await write { try Expire.expire(now: now, limit: limit, on: $0) }
    }
}

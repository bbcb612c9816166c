import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Promote", .timeLimit(.minutes(5)))
struct PromoteTests {
    @Test("what is due is queued, the rest keeps its time", arguments: DatabaseKind.available)
    func due(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let ids = try await database.submit([.sample(runAt: 100), .sample(runAt: 101), .sample(runAt: 50), .sample()], now: 10)
            let early = try await database.promote(now: 49)
            #expect(early.changes == [] && early.nextDue == 50)
            let result = try await database.promote(now: 100)
            #expect(Set(result.changes.map(\.id)) == [ids[0], ids[2]])
            #expect(result.changes.allSatisfy { $0.state == .queued && $0.version == 2 })
            #expect(result.nextDue == 101)
            // When it became ready stays: that is its age in the queue, and the order of claims.
            #expect(try await database.task(ids[0]).readyAt == 100)
            #expect(try await database.claim(10, worker: worker).map(\.id) == [ids[3], ids[2], ids[0]])
            let last = try await database.promote(now: 1000)
            #expect(last.changes.map(\.id) == [ids[1]] && last.nextDue == nil)
            #expect(try await database.promote(now: 1000).changes.isEmpty)
        }
    }

    @Test("at most the limit at once, longest due first", arguments: DatabaseKind.available)
    func limit(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let ids = try await database.submit((0..<10).map { .sample(runAt: 100 - Int64($0)) }, now: 10)
            let result = try await database.promote(now: 200, limit: 3)
            #expect(Set(result.changes.map(\.id)) == Set(ids.suffix(3)))
            // More are due already: the caller comes again at once.
            #expect(result.nextDue == 94)
        }
    }

    @Test("no other state is touched", arguments: DatabaseKind.available)
    func otherStates(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            for state in TaskState.allCases where state != .scheduled {
                let id = try await database.submit(.sample())
                try await database.force(id, state)
            }
            let result = try await database.promote(now: 1000)
            #expect(result.changes.isEmpty && result.nextDue == nil)
        }
    }

    @Test("processes that promote at once promote each task once", arguments: DatabaseKind.available)
    func concurrent(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let ids = try await database.submit((0..<500).map { _ in .sample(runAt: 100) }, now: 10)
            let promoted = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        var mine: [Int64] = []
                        for _ in 0..<12 { mine += try await database.promote(now: 100, limit: 50).changes.map(\.id) }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(promoted.count == 500 && Set(promoted) == Set(ids))
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE version = 2") == 500)
        }
    }
}

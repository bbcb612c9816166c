import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Fairness of claims", .timeLimit(.minutes(5)))
struct ClaimFairnessTests {
    private func tenants(_ tasks: [ClaimedTask]) -> [String] { tasks.map(\.tenant).sorted() }

    @Test("slots are shared between tenants, whatever their backlog", arguments: DatabaseKind.available)
    func shared(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await database.submit((0..<500).map { _ in .sample(tenant: "big", priority: 0) })
            _ = try await database.submit((0..<3).map { _ in .sample(tenant: "small", priority: 9) })
            // Priority orders a tenant's own work and never outranks other tenants.
            let first = try await database.claim(4, worker: worker)
            #expect(tenants(first) == ["big", "big", "small", "small"])
            #expect(tenants(try await database.claim(4, worker: worker)) == ["big", "big", "small"])
            #expect(tenants(try await database.claim(4, worker: worker)) == ["big", "big", "big", "big"])
        }
    }

    @Test("tenants after the cursor come first, in turn", arguments: DatabaseKind.available)
    func cursor(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await database.submit(["a", "b", "c", "d"].flatMap { tenant in (0..<5).map { _ in .sample(tenant: tenant) } })
            let request = { (after: String, slots: Int) in Claim.Request(queue: "default", slots: slots, afterTenant: after) }
            #expect(tenants(try await database.claim(request("", 2), worker: worker)) == ["a", "b"])
            #expect(tenants(try await database.claim(request("b", 2), worker: worker)) == ["c", "d"])
            #expect(tenants(try await database.claim(request("b", 3), worker: worker)) == ["a", "c", "d"])
            // Behind the last tenant comes the first again.
            #expect(tenants(try await database.claim(request("d", 2), worker: worker)) == ["a", "b"])
            // A cursor need not name a tenant that has work, or exists.
            #expect(tenants(try await database.claim(request("bb", 1), worker: worker)) == ["c"])
        }
    }

    @Test(
        "tenants with a backlog get the same over a few claims, however the slots divide",
        arguments: DatabaseKind.available, [1, 2, 5, 7])
    func evenShares(_ kind: DatabaseKind, slots: Int) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await database.submit(["a", "B", "ü"].flatMap { tenant in (0..<60).map { _ in .sample(tenant: tenant) } })
            var served: [String: Int] = [:]
            var cursor = ""
            for _ in 0..<12 {
                let request = Claim.Request(queue: "default", slots: slots, afterTenant: cursor)
                let batch = try await database.claim(request, worker: worker)
                #expect(batch.count == slots)
                for task in batch { served[task.tenant, default: 0] += 1 }
                cursor = ClaimTurns(request, batch).cursor
            }
            #expect(served.count == 3)
            #expect((served.values.max() ?? 0) - (served.values.min() ?? 0) <= 1)
        }
    }

    /// What a claim would be answered with; it is rolled back.
    private func trial(_ request: Claim.Request, _ worker: Int64, _ database: any Database) async throws -> [ClaimedTask] {
        struct Trial: Error { let tasks: [ClaimedTask] }
        do {
            return try await database.write { throw Trial(tasks: try Claim.claim(request, worker: worker, now: 1, on: $0)) }
        } catch let trial as Trial {
            return trial.tasks
        }
    }

    @Test("one of each tenant behind the cursor: the same tasks in the same turn as when all are counted first")
    func oneOfEach() async throws {
        try await withWorker(.sqlite) { database, worker in
            for priority in [7, 2, 2, 9] {
                _ = try await database.submit((10..<90).map { .sample(tenant: "t\($0)", priority: priority) })
            }
            var counted = Claim.Request(queue: "default", slots: 20, afterTenant: "t4")
            var each = counted
            each.oneEach = true
            #expect(Claim.canTakeOneEach(each, on: .sqlite))
            #expect(!Claim.canTakeOneEach(each, on: .postgres))
            let expected = try await trial(counted, worker, database)
            let claimed = try await database.claim(each, worker: worker)
            #expect(claimed.map(\.id) == expected.map(\.id))
            #expect(Set(claimed.map(\.priority)) == [2])
            #expect(ClaimTurns(each, claimed) == ClaimTurns(counted, expected))
            // At the end of the round it does not begin anew: whoever asks learns that the round has ended.
            each.afterTenant = "t79"
            #expect(tenants(try await database.claim(each, worker: worker)) == (80..<90).map { "t\($0)" })
            each.afterTenant = "t89"
            let none = try await database.claim(each, worker: worker)
            #expect(none.isEmpty)
            #expect(ClaimTurns(each, none).endsRound)
            counted.tenantPauses = 1
            #expect(!Claim.canTakeOneEach(counted, on: .sqlite), "a paused tenant is not looked for")
        }
    }

    @Test("tenants are visited in byte order on both databases, each once", arguments: DatabaseKind.available)
    func byteOrder(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let names = ["a", "B", "b", "Z", "z", "ä", "Ä", "_", "-", "a-b", "aa", "10", "9", "🙂", "a b", "A"]
            _ = try await database.submit(names.map { .sample(tenant: $0) })
            var visited: [String] = []
            while let task = try await database.claim(
                Claim.Request(queue: "default", slots: 1, afterTenant: visited.last ?? ""), worker: worker
            ).first { visited.append(task.tenant) }
            #expect(visited == names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
        }
    }

    @Test("a thousand tenants are all served before any is served twice", arguments: DatabaseKind.available)
    func thousandTenants(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await database.submit((0..<3000).map { .sample(tenant: "tenant-\($0 % 1000)") })
            var served: [String: Int] = [:]
            var cursor = ""
            var claims = 0
            while served.values.reduce(0, +) < 3000 {
                let request = Claim.Request(queue: "default", slots: 64, afterTenant: cursor)
                let batch = try await database.claim(request, worker: worker)
                claims += 1
                for task in batch { served[task.tenant, default: 0] += 1 }
                cursor = ClaimTurns(request, batch).cursor
                let counts = served.values
                if served.count == 1000 {
                    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 2)
                } else {
                    #expect((counts.max() ?? 0) <= 2)
                }
                try #require(claims < 200)
            }
            #expect(served.values.allSatisfy { $0 == 3 })
        }
    }

    @Test("fewer tenants than slots give several tasks each, and the next claim goes on behind them", arguments: DatabaseKind.available)
    func bunches(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await database.submit((0..<60).map { .sample(tenant: "tenant-\($0 % 6)") })
            var cursor = ""
            for expected in [["tenant-0", "tenant-1"], ["tenant-2", "tenant-3"], ["tenant-4", "tenant-5"], ["tenant-0", "tenant-1"]] {
                let request = Claim.Request(queue: "default", slots: 10, afterTenant: cursor, tenants: 2)
                let batch = try await database.claim(request, worker: worker)
                #expect(tenants(batch) == expected.flatMap { Array(repeating: $0, count: 5) })
                let turns = ClaimTurns(request, batch)
                #expect(turns.endsRound == (cursor == "tenant-5"))
                cursor = turns.cursor
            }
        }
    }

    @Test("a tenant with nothing for this worker takes nobody's turn", arguments: DatabaseKind.available)
    func nothingForThisWorker(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let left = try await database.submit([.sample(tenant: "a"), .sample(tenant: "b")])
            _ = try await database.submit([.sample(tenant: "c")])
            let request = Claim.Request(queue: "default", slots: 1, exceptTasks: left)
            #expect(tenants(try await database.claim(request, worker: worker)) == ["c"])
            #expect(try await database.claim(request, worker: worker).isEmpty)
        }
    }

    @Test("queues with ready tasks are listed with pool and weight, paused ones are not", arguments: DatabaseKind.available)
    func readyQueues(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue("a", pool: "p1", weight: 3)
            try await database.insertQueue("B", pool: "p2", weight: 1)
            try await database.insertQueue("empty")
            try await database.insertQueue("delayed")
            try await database.insertQueue("paused", paused: true)
            try await database.insertQueue("ü", weight: 9)
            let ready = { try await database.read { try Claim.readyQueues(on: $0) } }
            #expect(try await ready() == [])
            _ = try await database.submit(
                ["a", "a", "B", "paused", "ü", "a"].map { .sample(queue: $0) } + [.sample(queue: "delayed", runAt: 50)], now: 10)
            let expected: Set = ["a p1 3", "B p2 1", "ü default 9"]
            let found = try await ready().map { "\($0.name) \($0.pool) \($0.weight)" }
            #expect(Set(found) == expected && found.count == 3)
            try await database.write { _ = try $0.execute("UPDATE queues SET paused = 0 WHERE name = 'paused'") }
            #expect(try await ready().count == 4)
        }
    }

    @Test("a pause leaves tasks where they are, and resuming finds them", arguments: DatabaseKind.available)
    func emptiedQueue(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await database.submit([.sample(), .sample()])
            #expect(try await database.claim(1, worker: worker).count == 1)
            #expect(try await database.read { try Claim.readyQueues(on: $0) }.map(\.name) == ["default"])
            #expect(try await database.claim(1, worker: worker).count == 1)
            #expect(try await database.read { try Claim.readyQueues(on: $0) }.isEmpty)
        }
    }
}

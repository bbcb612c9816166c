import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Queues paused for one tenant", .timeLimit(.minutes(5)))
struct QueuePauseTests {
    private func setPaused(_ tenant: String, _ isPaused: Bool = true, in database: any Database) async throws -> Bool {
        try await database.write { try QueuePauses.setPaused(queue: "default", tenant: tenant, isPaused, now: 7, on: $0) }
    }

    /// What a turn would claim: as many tenants are passed over as the queue's row says.
    private func claim(_ slots: Int, after tenant: String = "", _ worker: Int64, _ database: any Database) async throws -> [String] {
        try await database.write { connection in
            guard let queue = try Claim.readyQueues(on: connection).first else { return [] }
            let request = Claim.Request(queue: queue.name, slots: slots, afterTenant: tenant, tenantPauses: queue.tenantPauses)
            return try Claim.claim(request, worker: worker, now: 1, on: connection).map(\.tenant).sorted()
        }
    }

    @Test("nothing of the tenant's is claimed, and the others share all slots", arguments: DatabaseKind.available, ["", "b", "c", "z"])
    func passesOver(_ kind: DatabaseKind, _ cursor: String) async throws {
        try await withWorker(kind) { database, worker in
            for tenant in ["a", "b", "c", "d"] { _ = try await database.submit([.sample(tenant: tenant), .sample(tenant: tenant)]) }
            for tenant in ["a", "c"] { #expect(try await setPaused(tenant, in: database)) }
            #expect(try await claim(2, after: cursor, worker, database) == ["b", "d"])
            #expect(try await claim(100, after: cursor, worker, database) == ["b", "d"])
            #expect(try await claim(100, after: cursor, worker, database) == [])
            #expect(try await setPaused("a", false, in: database))
            #expect(try await claim(100, after: cursor, worker, database) == ["a", "a"])
            #expect(try await setPaused("c", false, in: database))
            #expect(try await claim(1, after: cursor, worker, database) == ["c"])
        }
    }

    @Test("the queue counts the tenants that paused it, whatever is repeated", arguments: DatabaseKind.available)
    func counts(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            func pauses() async throws -> Int { try await database.count("SELECT tenant_pauses FROM queues") }
            for tenant in ["a", "b", "a"] { #expect(try await setPaused(tenant, in: database)) }
            #expect(try await pauses() == 2)
            for tenant in ["c", "b", "b"] { #expect(try await setPaused(tenant, false, in: database)) }
            #expect(try await pauses() == 1)
            let unknown = try await database.write { try QueuePauses.setPaused(queue: "none", tenant: "a", true, now: 7, on: $0) }
            #expect(!unknown)
        }
    }

    @Test("tenants that pause a queue at once are all counted", arguments: DatabaseKind.available)
    func together(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<20 { group.addTask { _ = try await setPaused("tenant-\(index)", in: database) } }
                try await group.waitForAll()
            }
            #expect(try await database.count("SELECT tenant_pauses FROM queues") == 20)
        }
    }
}

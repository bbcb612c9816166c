import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Queues over HTTP", .timeLimit(.minutes(5)))
struct QueueTests {
    @Test("a queue shows the tenant's own work, and of others only how much", arguments: DatabaseKind.available)
    func counts(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            _ = try await api.submit()
            _ = try await api.claimOne()
            _ = try await api.submit()
            api.clock.advance(by: .seconds(2))
            _ = try await api.submit(#"{"type": "demo.noop", "priority": 0}"#)
            _ = try await api.submit(#"{"type": "demo.noop", "delay_ms": 60000}"#)
            let later = api.clock.now + 60_000_000
            _ = try await api.database.submit([.sample(), .sample(), .sample(runAt: later)], now: 0)
            api.clock.advance(by: .seconds(1))

            let rows = try await api.get("/v1/queues").rows
            #expect(rows.map { $0["name"]?.string } == ["default", "slow"])
            let row = try #require(rows.first)
            #expect(
                row.keys == [
                    "name", "pool", "pool_limit", "weight", "paused", "paused_for_tenant", "queued", "queued_more", "scheduled",
                    "scheduled_more", "running", "running_more",
                    "others", "others_more", "oldest_ready_ms",
                ])
            #expect(row["pool"]?.string == "default")
            #expect(row["weight"]?.int64 == 2)
            #expect(row["paused"]?.bool == false)
            #expect(row["queued"]?.int64 == 2)
            #expect(row["queued_more"]?.bool == false)
            #expect(row["scheduled"]?.int64 == 1)
            #expect(row["running"]?.int64 == 1)
            #expect(row["others"]?.int64 == 3)
            #expect(row["oldest_ready_ms"]?.int64 == 3000, "the oldest is not the one with the best priority")
            #expect(rows.last?["queued"]?.int64 == 0)
            #expect(rows.last?["oldest_ready_ms"]?.isNull == true)
        }
    }

    @Test("counts end at ten thousand and say so", arguments: DatabaseKind.available)
    func limit(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let tasks = Array(repeating: NewTask.sample(tenant: "default"), count: 10_000)
            _ = try await api.database.submit(tasks)
            let atLimit = try #require(try await api.get("/v1/queues").rows.first)
            #expect(atLimit["queued"]?.int64 == 10_000)
            #expect(atLimit["queued_more"]?.bool == false)
            _ = try await api.database.submit(.sample(tenant: "default"))
            let above = try #require(try await api.get("/v1/queues").rows.first)
            #expect(above["queued"]?.int64 == 10_000)
            #expect(above["queued_more"]?.bool == true)
            #expect(try await api.get("/v1/tasks?state=queued&limit=2").rows.count == 2)
        }
    }

    @Test("a queue is paused and resumed", arguments: DatabaseKind.available)
    func pause(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            func isPaused() async throws -> Bool? { try await api.get("/v1/queues").rows.first?["paused"]?.bool }
            let paused = try await api.post("/v1/queues/default/pause")
            #expect(paused.status == 200)
            #expect(paused.text == #"{"name":"default","paused":true,"scope":"all"}"#)
            #expect(try await isPaused() == true)
            #expect(try await api.post("/v1/queues/default/pause").status == 200, "a repetition changes nothing")
            #expect(try await api.post("/v1/queues/default/resume").text == #"{"name":"default","paused":false,"scope":"all"}"#)
            #expect(try await isPaused() == false)
        }
    }

    @Test("an unknown queue cannot be paused", arguments: ["pause", "resume"])
    func unknown(_ action: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let unknown = try await api.post("/v1/queues/no-such/\(action)")
            #expect(unknown.status == 404)
            let field = try await api.post("/v1/queues/default/\(action)", #"{"scope": "moon"}"#)
            #expect(field.status == 422)
        }
    }

    @Test("a queue is paused for the caller's tenant alone", arguments: DatabaseKind.available)
    func tenantPause(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let answer = try await api.post("/v1/queues/default/pause", #"{"scope": "tenant"}"#)
            #expect(answer.text == #"{"name":"default","paused":true,"scope":"tenant"}"#)
            let row = try #require(try await api.get("/v1/queues").rows.first)
            #expect(row["paused"]?.bool == false)
            #expect(row["paused_for_tenant"]?.bool == true)
            #expect(try await api.database.count("SELECT COUNT(*) FROM queue_pauses WHERE tenant = 'default'") == 1)
            let resumed = try await api.post("/v1/queues/default/resume", #"{"scope": "tenant"}"#)
            #expect(resumed.text == #"{"name":"default","paused":false,"scope":"tenant"}"#)
            #expect(try await api.get("/v1/queues").rows.first?["paused_for_tenant"]?.bool == false)
        }
    }
}

import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Worker health over HTTP", .timeLimit(.minutes(5)))
struct WorkerHealthTests {
    @Test("without workers nothing is healthy", arguments: DatabaseKind.available)
    func noWorkers(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let health = try await api.get("/worker/health").json
            #expect(health["status"]?.string == "unhealthy")
            #expect(health["workers"]?.int64 == 0)
        }
    }

    @Test("workers that are alike are healthy, and are shown with what they run", arguments: DatabaseKind.available)
    func healthy(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.insertWorker("one")
            try await api.insertWorker("two")
            _ = try await api.submit()
            _ = try await api.database.submit([.sample(), .sample(), .sample()])
            let worker = try #require(try await api.get("/worker/health").json["workers_detail"]?.elements.first?["id"]?.int64)
            _ = try await api.database.claim(2, worker: worker, now: api.clock.now)
            api.clock.advance(by: .seconds(3))

            let health = try await api.get("/worker/health").json
            #expect(health["status"]?.string == "healthy", "\(health.rawText)")
            #expect(health["reasons"]?.elements.isEmpty == true)
            #expect(health["workers"]?.int64 == 2)
            #expect(health["active_tasks"]?.int64 == 2, "all tenants' tasks count")
            #expect(health["queued_tasks"]?.int64 == 2)
            #expect(health["pools"]?.elements.first?.rawText == #"{"name":"default","limit":10,"slots":20,"running":2}"#)
            let detail = try #require(health["workers_detail"]?.elements.first)
            #expect(detail["name"]?.string == "one")
            #expect(detail["state"]?.string == "live")
            #expect(detail["seen_ago_ms"]?.int64 == 3000)
            #expect(detail["active_tasks"]?.int64 == 2)
            #expect(detail["pools"]?.rawText == #"{"default":10}"#)
        }
    }

    @Test(
        "workers that differ are degraded",
        arguments: [
            (#"{"other":10}"#, #"["*"]"#, #"["a","b"]"#, "workers serve different pools"),
            (#"{"default":10}"#, #"["x"]"#, #"["a","b"]"#, "workers serve different queues"),
            (#"{"default":10}"#, #"["*"]"#, #"["a"]"#, "workers know different task types"),
        ])
    func different(_ pools: String, _ queues: String, _ types: String, _ reason: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            try await api.insertWorker("one")
            try await api.insertWorker("two", pools: pools, queues: queues, types: types)
            let health = try await api.get("/worker/health").json
            #expect(health["status"]?.string == "degraded")
            #expect(health["reasons"]?.elements.compactMap(\.string) == [reason])
        }
    }

    @Test("limits and the order of words do not make workers different", arguments: DatabaseKind.available)
    func alike(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.insertWorker("one")
            try await api.insertWorker("two", pools: #"{"default":99}"#, types: #"["b","a"]"#)
            #expect(try await api.get("/worker/health").json["status"]?.string == "healthy")
        }
    }

    @Test("a silent worker degrades, and only silent or draining ones are unhealthy", arguments: DatabaseKind.available)
    func silent(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.insertWorker("old")
            api.clock.advance(by: .seconds(21))
            #expect(try await api.get("/worker/health").json["status"]?.string == "unhealthy")
            try await api.insertWorker("leaving", state: "draining")
            #expect(try await api.get("/worker/health").json["status"]?.string == "unhealthy")
            try await api.insertWorker("new")
            let health = try await api.get("/worker/health").json
            #expect(health["status"]?.string == "degraded")
            #expect(health["workers_detail"]?.elements.map { $0["state"]?.string } == ["not_responding", "draining", "live"])
        }
    }
}

extension TestAPI {
    /// Inserts a worker with a fresh heartbeat.
    func insertWorker(
        _ name: String, pools: String = #"{"default":10}"#, queues: String = #"["*"]"#, types: String = #"["a","b"]"#,
        state: String = "live"
    ) async throws {
        let now = clock.now
        try await database.write { connection in
            let id = try WorkerLease.register(
                .init(name: name, host: "test", pid: 1, pools: pools, queues: queues, types: types), now: now, on: connection)
            try connection.execute("UPDATE workers SET state = \(state) WHERE id = \(id)")
        }
    }
}

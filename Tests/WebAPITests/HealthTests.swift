import Dispatch
import HTTPTypes
import JSONText
import Storage
import TestSupport
import Testing

@Suite("Liveness, readiness, version and metrics", .timeLimit(.minutes(5)))
struct HealthTests {
    @Test("a process with a working database is alive and ready", arguments: DatabaseKind.available)
    func ready(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            #expect(try await api.get("/livez").text == #"{"status":"alive"}"#)
            for path in ["/readyz", "/health"] {
                let answer = try await api.get(path)
                #expect(answer.status == 200)
                #expect(answer.text == #"{"status":"ready","checks":{"database":"ok","migrations":"ok","draining":"ok"}}"#)
            }
        }
    }

    @Test("a process that shuts down is alive but not ready", arguments: DatabaseKind.available)
    func draining(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind, isDraining: { true }) { api in
            #expect(try await api.get("/livez").status == 200)
            let answer = try await api.get("/readyz")
            #expect(answer.status == 503)
            #expect(answer.headers[.retryAfter] == "5")
            #expect(try answer.problemCode == "not_ready")
            #expect(try answer.json["status"]?.int64 == 503)
            #expect(try answer.json["checks"]?["database"]?.string == "ok")
            #expect(try answer.json["checks"]?["draining"]?.string == "this process is shutting down")
        }
    }

    @Test("without its database a process is alive, not ready, and answers 503 with a problem", arguments: DatabaseKind.available)
    func databaseGone(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            api.database.close()
            #expect(try await api.get("/livez").status == 200)
            let ready = try await api.get("/readyz")
            #expect(ready.status == 503)
            #expect(try ready.json["checks"]?["database"]?.string == "cannot be written: unavailable")
            #expect(try ready.json["checks"]?["draining"]?.string == "ok")
            for answer in [try await api.get("/v1/tasks"), try await api.post("/v1/tasks", #"{"type": "demo.noop"}"#)] {
                #expect(answer.status == 503)
                #expect(try answer.problemCode == "storage_unavailable")
            }
            #expect(try await api.get("/metrics").status == 200)
        }
    }

    @Test("a database that hangs does not make the probe hang")
    func databaseHangs() async throws {
        try await TestAPI.with(.sqlite, patience: .milliseconds(20)) { api in
            let (begun, hasBegun) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
            let release = DispatchSemaphore(value: 0)
            async let blocked: Void = api.database.write { _ in
                hasBegun.yield()
                release.wait()
            }
            _ = await begun.first { _ in true }
            for _ in 0..<3 {
                let answer = try await api.get("/readyz")
                #expect(answer.status == 503)
                #expect(try answer.json["checks"]?["database"]?.string == "does not answer")
            }
            release.signal()
            try await blocked
        }
    }

    @Test("missing migrations make a process not ready")
    func oldSchema() async throws {
        try await TestAPI.with(.sqlite) { api in
            _ = try await api.database.write { try $0.execute("DELETE FROM schema_migrations WHERE number > 1") }
            let answer = try await api.get("/readyz")
            #expect(answer.status == 503)
            #expect(try answer.json["checks"]?["migrations"]?.string == "migrations are missing")
        }
    }

    @Test("the version names the product, its schema and its compiler")
    func version() async throws {
        try await TestAPI.with(.sqlite) { api in
            let version = try await api.get("/version").json
            #expect(version["version"]?.string == "1.2.3")
            #expect(version["schema"]?.int64 == Int64(Migrator.binaryNumber))
            #expect(version["swift"]?.string?.hasPrefix("6.") == true)
        }
    }

    @Test("metrics hold depth, age, slots and commits", arguments: DatabaseKind.available)
    func metrics(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.insertWorker("one", pools: #"{"default":7}"#)
            _ = try await api.submit()
            _ = try await api.claimOne()
            _ = try await api.submit(#"{"type": "demo.noop", "delay_ms": 60000}"#)
            // Two tenants and three priorities; the oldest is neither the first tenant's nor the best priority's.
            _ = try await api.database.submit([.sample(tenant: "a"), .sample(tenant: "z", priority: 1)], now: api.clock.now)
            _ = try await api.database.submit(.sample(tenant: "z", priority: 7), now: api.clock.now - 2_500_000)
            let answer = try await api.get("/metrics")
            #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            let lines = Set(answer.text.split(separator: "\n").map(String.init))
            for line in [
                #"millrace_queue_tasks{queue="default",state="queued"} 3"#, #"millrace_queue_tasks{queue="default",state="scheduled"} 1"#,
                #"millrace_queue_tasks{queue="default",state="running"} 1"#, #"millrace_queue_tasks{queue="slow",state="queued"} 0"#,
                #"millrace_queue_oldest_ready_seconds{queue="default"} 2.5"#, #"millrace_queue_oldest_ready_seconds{queue="slow"} 0"#,
                #"millrace_pool_slots{pool="default"} 7"#, #"millrace_pool_slots_used{pool="default"} 1"#, "millrace_workers 2",
            ] {
                #expect(lines.contains(line), "\(line)")
            }
            #expect(answer.text.contains("\nmillrace_commits_total "))
            #expect(answer.text.contains(#"http_server_request_duration_seconds_count{http_request_method="POST""#))
        }
    }
}

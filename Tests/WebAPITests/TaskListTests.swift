import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Listing tasks over HTTP", .timeLimit(.minutes(5)))
struct TaskListTests {
    @Test("120 tasks come newest first in three pages without gap or repetition", arguments: DatabaseKind.available)
    func pages(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let ids = try await api.database.submit((0..<120).map { _ in NewTask.sample(tenant: "default") }, now: api.clock.now)
            _ = try await api.database.submit(.sample(tenant: "acme"))
            var seen: [[Int64]] = []
            var path: String? = "/v1/tasks"
            while let next = path {
                let page = try await api.get(next).json
                seen.append(page["data"]?.elements.compactMap { $0["id"]?.int64 } ?? [])
                path = page["next_cursor"]?.string.map { "/v1/tasks?cursor=\($0)" }
            }
            #expect(seen.map(\.count) == [50, 50, 20])
            #expect(seen.flatMap(\.self) == ids.reversed())
        }
    }

    @Test("a page that ends with the last task has no next one", arguments: DatabaseKind.available)
    func exactPage(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            for _ in 0..<3 { _ = try await api.submit() }
            let all = try await api.get("/v1/tasks?limit=3").json
            #expect(all["data"]?.elements.count == 3)
            #expect(all["next_cursor"]?.isNull == true)
            #expect(try await api.get("/v1/tasks?limit=2").json["next_cursor"]?.string != nil)
        }
    }

    @Test("each state finds its own tasks", arguments: DatabaseKind.available)
    func states(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let failed = try await api.submitFailed()
            let succeeded = try await api.submit()
            try await api.complete(try await api.claimOne())
            let running = try await api.submit()
            _ = try await api.claimOne()
            let scheduled = try await api.submit(#"{"type": "demo.noop", "delay_ms": 1000}"#)
            let cancelled = try await api.submit()
            _ = try await api.post("/v1/tasks/\(cancelled)/cancel")
            let queued = try await api.submit()
            let expected = [
                "failed": failed, "succeeded": succeeded, "running": running, "scheduled": scheduled, "cancelled": cancelled,
                "queued": queued,
            ]
            for state in TaskState.allCases.map(\.rawValue) {
                let rows = try await api.get("/v1/tasks?state=\(state)").rows
                #expect(rows.compactMap { $0["id"]?.int64 } == [expected[state]].compactMap(\.self), "\(state)")
                #expect(rows.allSatisfy { $0["state"]?.string == state })
            }
        }
    }

    @Test("type, queue and state narrow a list together", arguments: DatabaseKind.available)
    func filters(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let noop = try await api.submit()
            let sample = try await api.submit(#"{"type": "sample"}"#)
            let elsewhere = try await api.submit(#"{"type": "sample", "queue": "default"}"#)
            func ids(_ query: String) async throws -> [Int64] {
                try await api.get("/v1/tasks?" + query).rows.compactMap { $0["id"]?.int64 }
            }
            #expect(try await ids("type=sample") == [elsewhere, sample], "an alias finds the type")
            #expect(try await ids("type=test.sample&queue=slow") == [sample])
            #expect(try await ids("queue=default") == [elsewhere, noop])
            #expect(try await ids("queue=default&state=queued&type=demo.noop") == [noop])
            #expect(try await ids("type=no.such").isEmpty)
            #expect(try await ids("state=queued&queue=slow&limit=1") == [sample])
        }
    }

    @Test("before and after bound the time of creation, the earlier bound included", arguments: DatabaseKind.available)
    func times(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let start = api.clock.now
            // Half an hour apart: the bisection has to look at ids and not only at the slack it allows for.
            let ids = try await (0..<40).asyncMap { index in
                try await api.database.submit(.sample(tenant: "default"), now: start + Int64(index) * 1_800_000_000)
            }
            func listed(_ query: String) async throws -> [Int64] {
                try await api.get("/v1/tasks?limit=500&" + query).rows.compactMap { $0["id"]?.int64 }
            }
            // 1970-01-12T13:46:40Z + 10 h and + 15 h
            let after = "after=1970-01-12T23:46:40Z"
            let before = "before=1970-01-13T04:46:40%2B00:00"
            #expect(try await listed(after) == ids[20...].reversed())
            #expect(try await listed(before) == ids[..<30].reversed())
            #expect(try await listed("\(after)&\(before)") == ids[20..<30].reversed())
            #expect(try await listed("after=2100-01-01T00:00:00Z").isEmpty)
            #expect(try await listed("before=1970-01-01T00:00:00Z").isEmpty)
            #expect(try await listed("before=2100-01-01T00:00:00Z") == ids.reversed())
        }
    }

    @Test("a list row says what one wants to see of a task", arguments: DatabaseKind.available)
    func row(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submitFailed()
            let row = try #require(try await api.get("/v1/tasks").rows.first)
            #expect(
                row.keys == [
                    "id", "type", "queue", "state", "priority", "attempt", "max_retries", "created_at", "run_at", "started_at",
                    "finished_at",
                    "error", "tags",
                ])
            #expect(row["id"]?.int64 == id)
            #expect(row["error"]?.rawText == #"{"code":"boom","message":"it broke"}"#)
            #expect(row["tags"]?.rawText == "[]")
        }
    }

    @Test(
        "a query that is wrong is refused and named",
        arguments: [
            ("state=done", "invalid_query", "?state"), ("limit=0", "invalid_query", "?limit"), ("limit=501", "invalid_query", "?limit"),
            ("limit=x", "invalid_query", "?limit"), ("cursor=garbage", "invalid_cursor", "?cursor"),
            ("before=yesterday", "invalid_query", "?before"), ("offset=10", "invalid_query", "?offset"),
            ("state=queued&state=failed", "invalid_query", "?state"),
        ])
    func malformedQuery(_ query: String, _ code: String, _ pointer: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.get("/v1/tasks?\(query)")
            #expect(answer.status == 400)
            #expect(try answer.problemCode == code)
            #expect(try answer.pointers == [pointer])
        }
    }

    @Test("a cursor of another list is refused")
    func foreignCursor() async throws {
        try await TestAPI.with(.sqlite) { api in
            let cursor = try #require(try await api.get("/v1/queues?limit=1").json["next_cursor"]?.string)
            #expect(try await api.get("/v1/tasks?cursor=\(cursor)").status == 400)
            #expect(try await api.get("/v1/queues?cursor=\(cursor)").rows.map { $0["name"]?.string } == ["slow"])
        }
    }
}

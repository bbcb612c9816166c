import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Searching tasks by tags and metadata", .timeLimit(.minutes(5)))
struct TaskSearchTests {
    private func ids(_ api: TestAPI, _ query: String) async throws -> [Int64] {
        let answer = try await api.get("/v1/tasks?" + query)
        #expect(answer.status == 200, "\(answer.text)")
        return try answer.rows.compactMap { $0["id"]?.int64 }
    }

    @Test("all tags and members must match, newest first", arguments: DatabaseKind.available)
    func search(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let one = try await api.submit(#"{"type": "demo.noop", "tags": ["a", "b"], "metadata": {"team": "core", "n": 1.50}}"#)
            let two = try await api.submit(#"{"type": "sample", "tags": ["b", "b"], "metadata": {"team": "core", "ok": true}}"#)
            let three = try await api.submit(#"{"type": "demo.noop", "tags": ["a"], "metadata": {"team": "web", "none": null}}"#)
            _ = try await api.submit()
            _ = try await api.database.submit(.sample(tags: #"["a"]"#))
            #expect(try await ids(api, "tag=a") == [three, one])
            #expect(try await ids(api, "tag=b&tag=a") == [one])
            #expect(try await ids(api, "metadata.team=core") == [two, one])
            #expect(try await ids(api, "metadata.team=core&tag=b&metadata.n=1.50") == [one])
            #expect(try await ids(api, "metadata.ok=true") == [two])
            #expect(try await ids(api, "metadata.none=null") == [three])
            #expect(try await ids(api, "tag=b&type=sample&queue=slow&state=queued") == [two])
            #expect(try await ids(api, "tag=a&state=failed").isEmpty)
            #expect(try await ids(api, "tag=A").isEmpty)
            #expect(try await ids(api, "metadata.n=1.5").isEmpty, "numbers are compared as they were written")
        }
    }

    @Test("names and values are taken as they are", arguments: DatabaseKind.available)
    func odd(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let one = try await api.submit(#"{"type": "demo.noop", "metadata": {"a=b": "c", "x.y": "é %", "deep": {"a": 1}, "list": [1]}}"#)
            let two = try await api.submit(#"{"type": "demo.noop", "metadata": {"a": "b=c", "a\\": "=c"}}"#)
            #expect(try await ids(api, "metadata.a%3Db=c") == [one])
            #expect(try await ids(api, "metadata.a=b%3Dc") == [two])
            #expect(try await ids(api, "metadata.a%5C=%3Dc") == [two])
            #expect(try await ids(api, "metadata.x.y=%C3%A9+%25") == [one])
            #expect(try await ids(api, "metadata.deep=1").isEmpty)
            let long = String(repeating: "v", count: TaskLabel.longestValue + 1)
            _ = try await api.submit(#"{"type": "demo.noop", "metadata": {"k": "\#(long)"}}"#)
            #expect(try await api.get("/v1/tasks?metadata.k=\(long)").status == 400)
        }
    }

    @Test("pages of a search have no gap and no repetition, within times too", arguments: DatabaseKind.available)
    func pages(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let start = api.clock.now
            let tagged = try await (0..<60).asyncMap { index in
                let now = start + Int64(index) * 1_800_000_000
                _ = try await api.database.submit(.sample(tenant: "default"), now: now)
                return try await api.database.submit(.sample(tenant: "default", tags: #"["x","y"]"#), now: now)
            }
            var seen: [Int64] = []
            var path: String? = "/v1/tasks?tag=x&tag=y&limit=25"
            while let next = path {
                let page = try await api.get(next).json
                seen += page["data"]?.elements.compactMap { $0["id"]?.int64 } ?? []
                path = page["next_cursor"]?.string.map { "/v1/tasks?tag=x&tag=y&limit=25&cursor=\($0)" }
            }
            #expect(seen == tagged.reversed())
            // 1970-01-12T13:46:40Z + 10 h and + 15 h
            let bounds = "after=1970-01-12T23:46:40Z&before=1970-01-13T04:46:40Z"
            #expect(try await ids(api, "tag=x&\(bounds)") == tagged[20..<30].reversed())
        }
    }

    @Test("the rarest label, the few failed and a rare type lead to the same rows", arguments: DatabaseKind.available)
    func leads(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let many = try await api.database.submit((0..<1100).map { _ in .sample(tenant: "default", tags: #"["m"]"#) })
            let rare = try await api.database.submit(.sample(tenant: "default", type: "rare.type", tags: #"["m","r"]"#))
            try await api.database.write { _ = try $0.execute("UPDATE tasks SET state = 'failed', finished_at = 1 WHERE id = \(many[7])") }
            #expect(try await ids(api, "tag=m&tag=r") == [rare])
            #expect(try await ids(api, "tag=r&tag=m") == [rare])
            #expect(try await ids(api, "tag=m&state=failed") == [many[7]])
            #expect(try await ids(api, "tag=m&type=rare.type") == [rare])
            #expect(try await ids(api, "tag=m&limit=2") == [rare, many[1099]])
        }
    }

    @Test(
        "a search that is wrong is refused and named",
        arguments: [
            ("metadata.k=a&metadata.k=b", "?metadata.k"), ("metadata.=a", "?metadata."), ("metadata=a", "?metadata"),
            ("tag=\(String(repeating: "x", count: 101))", "?tag"), ("unique_key=\(String(repeating: "x", count: 201))", "?unique_key"),
            ((0..<11).map { "tag=\($0)" }.joined(separator: "&"), "?tag"),
            ("metadata.\(String(repeating: "k", count: 101))=v", "?metadata"),
        ])
    func wrong(_ query: String, _ pointer: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.get("/v1/tasks?" + query)
            #expect(answer.status == 400)
            #expect(try answer.pointers == [pointer])
        }
    }
}

import HTTPTypes
import JSONText
import TestSupport
import Testing

@Suite("Registering and reading workflows", .timeLimit(.minutes(2)))
struct WorkflowTests {
    private static let small = #"{"name": "small", "nodes": [{"id": "a", "task": "demo.noop"}]}"#

    @Test("the same content again changes nothing, other content is a new version", arguments: DatabaseKind.available)
    func versions(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let first = try await api.post("/v1/workflows", Self.small)
            #expect(first.status == 201)
            #expect(first.headers[.location] == "/v1/workflows/small/1")
            #expect(try first.json["created"]?.bool == true)
            let again = try await api.post("/v1/workflows", #"{"nodes": [{"task": "demo.noop", "id": "a"}], "name": "small"}"#)
            #expect(again.status == 200)
            #expect(try again.json["version"]?.int64 == 1)
            let changed = #"{"name": "small", "nodes": [{"id": "b", "task": "demo.noop"}]}"#
            let preview = try await api.post("/v1/workflows?dry_run=true", changed)
            #expect(preview.status == 200)
            #expect(try preview.json["dry_run"]?.bool == true)
            #expect(try await api.get("/v1/workflows/small").json["version"]?.int64 == 1)
            #expect(try await api.post("/v1/workflows", changed).json["version"]?.int64 == 2)

            let latest = try await api.get("/v1/workflows/small").json
            #expect(latest["versions"]?.rawText == "[2,1]")
            #expect(latest["definition"]?["nodes"]?.elements.first?["id"]?.string == "b")
            for path in ["/v1/workflows/small/1", "/v1/workflows/small@1"] {
                #expect(try await api.get(path).json["definition"]?["nodes"]?.elements.first?["id"]?.string == "a")
            }
            for path in ["/v1/workflows/small/3", "/v1/workflows/other", "/v1/workflows/small/x"] {
                #expect(try await api.get(path).status == 404)
            }
        }
    }

    @Test("all that is wrong with a definition is told at once, with pointers")
    func refused() async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.post(
                "/v1/workflows",
                #"{"name": "bad", "nodes": [{"id": "a", "task": "no.such", "depends_on": ["z"]}, {"id": "b", "task": "demo.noop", "depends_on": ["b"]}]}"#
            )
            #expect(answer.status == 422)
            #expect(try answer.problemCode == "invalid_fields")
            #expect(try answer.pointers.contains("/nodes/0/task"))
            #expect(try answer.pointers.contains("/nodes/0/depends_on/0"))
            #expect(try await api.get("/v1/workflows/bad").status == 404)
        }
    }

    @Test("the list is by name, a version once, page by page", arguments: DatabaseKind.available)
    func list(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            for name in ["c", "a", "b"] {
                for node in ["x", "y"] {
                    _ = try await api.post("/v1/workflows", #"{"name": "\#(name)", "nodes": [{"id": "\#(node)", "task": "demo.noop"}]}"#)
                }
            }
            let first = try await api.get("/v1/workflows?limit=2")
            #expect(try first.rows.map { $0["name"]?.string } == ["a", "b"])
            #expect(try first.rows.map { $0["version"]?.int64 } == [2, 2])
            let cursor = try #require(try first.json["next_cursor"]?.string)
            let second = try await api.get("/v1/workflows?limit=2&cursor=\(cursor)")
            #expect(try second.rows.map { $0["name"]?.string } == ["c"])
            #expect(try second.json["next_cursor"]?.isNull == true)
        }
    }

    @Test("a definition is drawn without a run")
    func graph() async throws {
        try await TestAPI.with(.sqlite) { api in
            try await api.registerDiamond()
            let answer = try await api.get("/v1/workflows/diamond/graph.svg")
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "image/svg+xml; charset=utf-8")
            #expect(answer.text.contains("<svg") && answer.text.contains("scan"))
            #expect(try await api.get("/v1/workflows/other/graph.svg").status == 404)
        }
    }
}

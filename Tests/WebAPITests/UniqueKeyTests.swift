import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Unique keys and expiry over HTTP", .timeLimit(.minutes(5)))
struct UniqueKeyTests {
    private static let body = #"{"type": "sample", "unique_key": "nightly"}"#

    @Test("a taken key answers 200 with the task that holds it", arguments: DatabaseKind.available)
    func taken(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let first = try await api.post("/v1/tasks", Self.body)
            #expect(first.status == 202)
            #expect(try first.json["existing"]?.bool == false)
            let id = try #require(try first.json["id"]?.int64)
            // The type's own name and its alias are one type.
            let second = try await api.post("/v1/tasks", Self.body.replacing("sample", with: "test.sample"))
            #expect(second.status == 200)
            #expect(second.headers[.location] == "/v1/tasks/\(id)")
            #expect(try second.json.rawText == #"{"id":\#(id),"type":"test.sample","queue":"slow","state":"queued","existing":true}"#)
            #expect(try await api.get("/v1/tasks/\(id)").json["unique_key"]?.string == "nightly")
            _ = try await api.post("/v1/tasks/\(id)/cancel")
            #expect(try await api.post("/v1/tasks", Self.body).status == 202)
        }
    }

    @Test("a window holds the key after the end", arguments: DatabaseKind.available)
    func window(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let body = #"{"type": "demo.noop", "unique_key": "k", "unique_window_ms": 1000}"#
            let id = try await api.submit(body)
            try await api.complete(try await api.claimOne())
            api.clock.advance(by: .microseconds(999_999))
            let held = try await api.post("/v1/tasks", body)
            #expect(held.status == 200)
            #expect(try held.json["state"]?.string == "succeeded" && held.json["id"]?.int64 == id)
            api.clock.advance(by: .microseconds(1))
            #expect(try await api.post("/v1/tasks", body).status == 202)
        }
    }

    @Test("a batch says which of its tasks were there", arguments: DatabaseKind.available)
    func batch(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit(Self.body)
            let answer = try await api.post("/v1/tasks/batch", #"{"tasks": [{"type": "demo.noop"}, \#(Self.body), \#(Self.body)]}"#)
            #expect(answer.status == 202)
            #expect(try answer.json["existing"]?.rawText == "[1,2]")
            let ids = try #require(try answer.json["ids"]).elements.compactMap(\.int64)
            #expect(ids.count == 3 && ids[1] == id && ids[2] == id && ids[0] != id)
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 2)
        }
    }

    @Test("a retry is refused while another task holds the key", arguments: DatabaseKind.available)
    func retry(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let first = try await api.submit(Self.body)
            _ = try await api.post("/v1/tasks/\(first)/cancel")
            let second = try await api.submit(Self.body)
            let refused = try await api.post("/v1/tasks/\(first)/retry")
            #expect(refused.status == 409)
            #expect(try refused.problemCode == "unique_key_taken")
            #expect(try refused.json["detail"]?.string?.contains("\(second)") == true)
            _ = try await api.post("/v1/tasks/\(second)/cancel")
            #expect(try await api.post("/v1/tasks/\(first)/retry").status == 202)
        }
    }

    @Test("the tasks of a key are listed, newest first", arguments: DatabaseKind.available)
    func list(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            var ids: [Int64] = []
            for _ in 0..<3 {
                let id = try await api.submit(Self.body)
                _ = try await api.post("/v1/tasks/\(id)/cancel")
                ids.append(id)
            }
            _ = try await api.submit(#"{"type": "demo.noop", "unique_key": "other"}"#)
            func listed(_ query: String) async throws -> [Int64] {
                try await api.get("/v1/tasks?" + query).rows.compactMap { $0["id"]?.int64 }
            }
            #expect(try await listed("unique_key=nightly") == ids.reversed())
            #expect(try await listed("unique_key=nightly&state=cancelled&type=sample&limit=2") == [ids[2], ids[1]])
            #expect(try await listed("unique_key=nightly&state=queued").isEmpty)
            #expect(try await listed("unique_key=none").isEmpty)
        }
    }

    @Test("an expiry can be read back, and one that makes no sense is refused", arguments: DatabaseKind.available)
    func expiry(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            // The clock stands at 1970-01-12T13:46:40Z.
            let id = try await api.submit(#"{"type": "demo.noop", "expires_at": "1970-01-12T13:46:40.000001Z"}"#)
            #expect(try await api.get("/v1/tasks/\(id)").json["expires_at"]?.string == "1970-01-12T13:46:40.000001Z")
            for body in [
                #""expires_at": "1970-01-12T13:46:40Z""#, #""expires_at": "1969-01-01T00:00:00Z""#,
                #""delay_ms": 1000, "expires_at": "1970-01-12T13:46:41Z""#,
                #""run_at": "1970-01-13T00:00:00Z", "expires_at": "1970-01-12T23:00:00Z""#,
            ] {
                let answer = try await api.post("/v1/tasks/batch", #"{"tasks": [{"type": "demo.noop"}, {"type": "demo.noop", \#(body)}]}"#)
                #expect(answer.status == 422)
                #expect(try answer.problemCode == "invalid_fields" && answer.pointers == ["/tasks/1/expires_at"])
            }
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 1)
        }
    }
}

import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing
import WebAPI

@Suite("Secrets over HTTP", .timeLimit(.minutes(2)))
struct SecretTests {
    private func put(_ api: TestAPI, _ name: String, _ body: String) async throws -> Answer {
        try await api.send(.put, "/v1/secrets/\(name)", body: body, contentType: "application/json")
    }

    @Test("secrets are stored, replaced, listed and deleted, and no answer has a value", arguments: DatabaseKind.available)
    func lifeCycle(kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let first = try await put(api, "TOKEN", #"{"value": "s3cret"}"#)
            #expect(first.status == 201 && first.headers[.location] == "/v1/secrets/TOKEN")
            #expect(try first.json.keys == ["name", "created_at", "updated_at"])
            #expect(try await put(api, "TOKEN", #"{"value": "another"}"#).status == 200)
            #expect(try await put(api, "other_1", #"{"value": "third"}"#).status == 201)
            let list = try await api.get("/v1/secrets?limit=1")
            #expect(try list.rows.map { $0["name"]?.string } == ["TOKEN"])
            let cursor = try #require(try list.json["next_cursor"]?.string)
            #expect(try await api.get("/v1/secrets?limit=1&cursor=\(cursor)").rows.map { $0["name"]?.string } == ["other_1"])
            let one = try await api.get("/v1/secrets/TOKEN")
            #expect(one.status == 200 && !one.text.contains("another"))
            #expect(try await api.post("/v1/secrets/rotate").json["rotated"]?.int64 == 0)
            #expect(try await api.send(.delete, "/v1/secrets/TOKEN").status == 204)
            #expect(try await api.send(.delete, "/v1/secrets/TOKEN").problemCode == "not_found")
            #expect(try await api.get("/v1/secrets/TOKEN").problemCode == "not_found")
            #expect(try await api.database.count("SELECT COUNT(*) FROM secrets WHERE sealed LIKE '%third%'") == 0)
        }
    }

    @Test(
        "what cannot be a secret is refused, without its value in the answer",
        arguments: [
            ("1A", #"{"value": "s3cret"}"#, []), ("A-B", #"{"value": "s3cret"}"#, []), ("A", #"{"value": "abc"}"#, ["/value"]),
            ("A", #"{"value": 17}"#, ["/value"]), ("A", "{}", ["/value"]), ("A", #"{"value": "s3cret", "more": 1}"#, ["/more"]),
        ])
    func refused(name: String, body: String, pointers: [String]) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await put(api, name, body)
            #expect(answer.status == 422)
            #expect(try answer.problemCode == "invalid_fields" && answer.pointers == pointers)
            #expect(!answer.text.contains("s3cret"))
        }
    }

    @Test("without a key every route says so")
    func noKey() async throws {
        try await TestAPI.with(.sqlite, hasSecretsKey: false) { api in
            for answer in [
                try await put(api, "A", #"{"value": "s3cret"}"#), try await api.get("/v1/secrets"), try await api.get("/v1/secrets/A"),
                try await api.send(.delete, "/v1/secrets/A"), try await api.post("/v1/secrets/rotate"),
            ] {
                #expect(try answer.status == 503 && answer.problemCode == "secrets_unavailable")
                #expect(answer.text.contains("MILLRACE_SECRETS_KEY"))
            }
        }
    }
}

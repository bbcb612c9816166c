import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Idempotency-Key on submits", .timeLimit(.minutes(5)))
struct IdempotencyTests {
    private static let replayed = HTTPField.Name("Idempotency-Replayed")!
    private static let body = #"{"type": "demo.echo", "input": 1}"#

    @Test("a repeated submit is answered like the first, with the task as it is now", arguments: DatabaseKind.available)
    func single(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let first = try await api.post("/v1/tasks", Self.body, key: "k-1")
            #expect(first.status == 202 && first.headers[Self.replayed] == nil)
            // The prefix makes no difference: it is the same route.
            let second = try await api.post("/api/tasks/", Self.body, key: "k-1")
            #expect(second.status == 202 && second.headers[Self.replayed] == "true")
            #expect(second.text == first.text && second.headers[.location] == first.headers[.location])
            try await api.complete(try await api.claimOne())
            let third = try await api.post("/v1/tasks", Self.body, key: "k-1")
            #expect(try third.json["state"]?.string == "succeeded" && third.json["existing"]?.bool == false)
            #expect(try await api.post("/v1/tasks", Self.body, key: "k-2").json["id"]?.int64 != first.json["id"]?.int64)
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 2)
        }
    }

    @Test("a batch, a found task and a deleted one are answered again too", arguments: DatabaseKind.available)
    func shapes(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let batch = #"{"tasks": [\#(Self.body), {"type": "demo.noop", "unique_key": "u"}, {"type": "demo.noop", "unique_key": "u"}]}"#
            let first = try await api.post("/v1/tasks/batch", batch, key: "k")
            #expect(try first.json["existing"]?.rawText == "[2]")
            let again = try await api.post("/v1/tasks/batch", batch, key: "k")
            #expect(again.text == first.text && again.headers[Self.replayed] == "true")

            let found = try await api.post("/v1/tasks", #"{"type": "demo.noop", "unique_key": "u"}"#, key: "k")
            #expect(found.status == 200)
            _ = try await api.database.write { try $0.execute("DELETE FROM tasks") }
            let gone = try await api.post("/v1/tasks", #"{"type": "demo.noop", "unique_key": "u"}"#, key: "k")
            #expect(gone.status == 200)
            let id = try #require(try found.json["id"]?.int64)
            #expect(gone.text == #"{"id":\#(id),"type":null,"queue":null,"state":null,"existing":true}"#)
        }
    }

    @Test("ten thousand ids are found again at once", arguments: DatabaseKind.available)
    func largest(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let batch = #"{"tasks": ["# + Array(repeating: #"{"type":"demo.noop"}"#, count: 10_000).joined(separator: ",") + "]}"
            let first = try await api.post("/v1/tasks/batch", batch, key: "k")
            let started = ContinuousClock.now
            let again = try await api.post("/v1/tasks/batch", batch, key: "k")
            #expect(again.text == first.text && again.headers[Self.replayed] == "true")
            // Looked up one by one this takes a fraction of a second, and minutes when each id is searched among all.
            #expect(ContinuousClock.now - started < .seconds(20))
        }
    }

    @Test("the same key with another body is refused", arguments: DatabaseKind.available)
    func reused(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            _ = try await api.post("/v1/tasks", Self.body, key: "k")
            let other = try await api.post("/v1/tasks", #"{"type": "demo.echo", "input": 2}"#, key: "k")
            #expect(other.status == 422)
            #expect(try other.problemCode == "idempotency_key_reused")
            // White space around the body is none of it.
            #expect(try await api.post("/v1/tasks", " \(Self.body)\n", key: "k").status == 202)
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 1)
        }
    }

    @Test("a refusal is not kept", arguments: DatabaseKind.available)
    func refusal(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            for body in [#"{"type": "demo.noop", "queue": "none"}"#, #"{"type": "none"}"#, #"{"type": "demo.noop", "priority": 10}"#] {
                let refused = try await api.post("/v1/tasks", body, key: "k")
                #expect(refused.status == 422)
            }
            #expect(try await api.database.count("SELECT COUNT(*) FROM idempotency_keys") == 0)
            #expect(try await api.post("/v1/tasks", Self.body, key: "k").status == 202)
        }
    }

    @Test("what would be too late now is still answered like the first time, for a day", arguments: DatabaseKind.available)
    func later(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let body = #"{"type": "demo.noop", "expires_at": "1970-01-12T14:00:00Z"}"#
            let first = try await api.post("/v1/tasks", body, key: "k")
            api.clock.advance(by: .microseconds(IdempotencyKeys.lifetime - 1))
            let second = try await api.post("/v1/tasks", body, key: "k")
            #expect(second.status == 202 && second.text == first.text)
            api.clock.advance(by: .microseconds(1))
            #expect(try await api.post("/v1/tasks", body, key: "k").status == 422)
            #expect(try await api.post("/v1/tasks", Self.body, key: "k").status == 202)
        }
    }

    @Test(
        "a key that is none is refused before anything else is done",
        arguments: ["", "a b", "ü", "\u{7F}", String(repeating: "x", count: 256)])
    func malformed(_ key: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.post("/v1/tasks", Self.body, key: key)
            #expect(answer.status == 400)
            #expect(try answer.problemCode == "malformed_request")
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 0)
            #expect(try await api.post("/v1/tasks", Self.body, key: String(repeating: "~", count: 255)).status == 202)
        }
    }
}

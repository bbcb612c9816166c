import HTTPTypes
import JSONText
import TestSupport
import Testing
import WebCore

@Suite("Tokens over HTTP", .timeLimit(.minutes(2)))
struct TokenRouteTests {
    @Test("a token is shown once, does what its role may, and is gone when it was revoked", arguments: DatabaseKind.available)
    func life(_ kind: DatabaseKind) async throws {
        try await KeyedSite.with(kind) { site in
            let admin = try site.token("acme", .admin)
            let made = try await site.send(.post, "/v1/tokens", token: admin, #"{"name": "ci", "role": "operator", "ttl_ms": 3600000}"#)
            #expect(made.status == 201)
            #expect(made.headers[.cacheControl] == "no-store")
            let token = try #require(try made.json["token"]?.string)
            let id = try #require(try made.json["id"]?.int64)
            #expect(token.hasPrefix("mrt_") && token.count == 47)
            #expect(made.headers[.location] == "/v1/tokens/\(id)")
            for path in ["/v1/tokens", "/v1/tokens/\(id)"] {
                let answer = try await site.send(.get, path, token: admin)
                #expect(answer.status == 200 && answer.text.contains(#""name":"ci""#) && !answer.text.contains("mrt_"))
            }
            let me = try await site.send(.get, "/v1/me", token: token)
            #expect(try me.json["tenant"]?.string == "acme" && me.json["subject"]?.string == "ci")
            #expect(try me.json["role"]?.string == "operator" && me.json["credential"]?.string == "token")
            #expect(try await site.send(.post, "/v1/tasks", token: token, #"{"type": "demo.noop"}"#).status == 202)
            #expect(try await site.send(.get, "/v1/tokens", token: token).status == 403)
            #expect(try await site.send(.delete, "/v1/tokens/\(id)", token: admin).status == 204)
            #expect(try await site.send(.delete, "/v1/tokens/\(id)", token: admin).status == 404)
            #expect(try await site.send(.get, "/v1/tokens", token: admin).rows.isEmpty)
        }
    }

    @Test("what a token cannot be is refused by field")
    func refusals() async throws {
        try await KeyedSite.with(.sqlite) { site in
            let admin = try site.token("acme", .admin)
            for (body, pointers) in [
                (#"{}"#, ["/name"]), (#"{"name": "a"}"#, ["/role"]), (#"{"name": "a", "role": "root"}"#, ["/role"]),
                (#"{"name": "a", "role": "viewer", "task_types": ["x"]}"#, ["/role"]),
                (#"{"name": "a", "task_types": []}"#, ["/task_types"]),
                (#"{"name": "a\nb", "role": "viewer"}"#, ["/name"]), (#"{"name": "a", "role": "viewer", "ttl_ms": 5}"#, ["/ttl_ms"]),
                (#"{"name": "a", "role": "viewer", "tenant": "other"}"#, ["/tenant"]),
            ] {
                let answer = try await site.send(.post, "/v1/tokens", token: admin, body)
                #expect(answer.status == 422, "\(body): \(answer.text)")
                #expect(try answer.pointers == pointers, "\(body)")
            }
            #expect(try await site.send(.post, "/v1/tokens", token: admin, #"{"name": "a", "role": "platform"}"#).status == 403)
            #expect(try await site.send(.post, "/v1/tokens", token: admin, #"{"name": "a", "role": "admin"}"#).status == 201)
            #expect(try await site.send(.post, "/v1/tokens", token: admin, #"{"name": "a", "role": "admin"}"#).status == 409)
            let repeated = try await site.send(
                .post, "/v1/tokens", token: admin, #"{"name": "b", "role": "admin"}"#, headers: [.idempotencyKey: "k"])
            #expect(repeated.status == 400)
        }
    }

    @Test("a signed token says who one is, and until when")
    func me() async throws {
        try await KeyedSite.with(.sqlite) { site in
            let me = try await site.send(.get, "/me", token: try site.token("acme", .viewer)).json
            #expect(me.keys == ["tenant", "subject", "role", "credential", "expires_at"])
            #expect(me["subject"]?.string == "viewer-of-acme" && me["credential"]?.string == "signed_token")
            #expect(me["expires_at"]?.string?.hasPrefix("20") == true)
        }
    }
}

import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing
import WebCore

@Suite("Scripts of other sites")
struct CORSTests {
    private static let app = "https://app.example"

    /// As on a server with keys, where other sites are no reason to refuse a request.
    private func answer(
        _ entries: [String], _ method: HTTPRequest.Method, at path: String = "/v1/tasks/1", _ headers: HTTPFields
    ) async throws -> TestResponse {
        var web = WebApp()
        web.isLoopbackOnly = false
        web.edge.origins = try CORSOrigins(entries)
        let app = web.make { routes in routes.get("/tasks/{id}", .open) { _, _ in .text("task") } }
        return try await app.test(.router) { client in try await client.execute(uri: path, method: method, headers: headers) }
    }

    @Test("of an origin that is named may read answers, also problems", arguments: [("/v1/tasks/1", 200), ("/nope", 404)])
    func allowed(path: String, status: Int) async throws {
        let answer = try await answer([Self.app, "http://localhost:3000"], .get, at: path, [.origin: Self.app])
        #expect(answer.status.code == status)
        #expect(answer.headers[.accessControlAllowOrigin] == Self.app)
        #expect(answer.headers[.accessControlExposeHeaders]?.contains("X-Request-Id") == true)
        #expect(answer.headers[.vary] == "Origin")
        #expect(!answer.headers.contains(.accessControlAllowCredentials))
    }

    @Test(
        "of any other origin may not",
        arguments: [
            "https://evil.example", "http://app.example", "https://app.example:8443", "https://app.example.evil.example", "null", "",
        ])
    func foreign(origin: String) async throws {
        let answer = try await answer([Self.app], .get, [.origin: origin])
        #expect(!answer.headers.contains(.accessControlAllowOrigin))
        // A cache must not give this answer to the origin that may.
        #expect(answer.headers[.vary] == "Origin")
    }

    @Test("ask beforehand and are told what they may send, without a token")
    func preflight() async throws {
        let method = HTTPField.Name("Access-Control-Request-Method")!
        let answer = try await answer([Self.app], .options, [.origin: Self.app, method: "POST"])
        #expect(answer.status == .noContent)
        #expect(answer.headers[.accessControlAllowOrigin] == Self.app)
        #expect(answer.headers[.accessControlAllowMethods]?.contains("POST") == true)
        #expect(answer.headers[.accessControlAllowHeaders]?.contains("Authorization") == true)
        #expect(answer.headers[.accessControlMaxAge] == "600")
        let foreign = try await self.answer([Self.app], .options, [.origin: "https://evil.example", method: "POST"])
        #expect(!foreign.headers.contains(.accessControlAllowOrigin))
        #expect(foreign.headers[.allow] == "GET, HEAD, OPTIONS")
    }

    @Test("of every origin may where the operator says *, never with credentials")
    func any() async throws {
        let answer = try await answer(["*"], .get, [.origin: "https://anybody.example"])
        #expect(answer.headers[.accessControlAllowOrigin] == "*")
        #expect(!answer.headers.contains(.accessControlAllowCredentials) && !answer.headers.contains(.vary))
    }

    @Test("nothing is said where no origin is named")
    func off() async throws {
        let answer = try await answer([], .get, [.origin: Self.app])
        #expect(!answer.headers.contains(.accessControlAllowOrigin) && !answer.headers.contains(.vary))
    }

    @Test(
        "an entry that is no origin is named",
        arguments: [
            "app.example", "https://app.example/", "https://app.example/path", "https://", "https://App.example", "https://*.example",
        ])
    func invalid(entry: String) {
        let error = #expect(throws: CORSOrigins.Invalid.self) { try CORSOrigins([Self.app, entry]) }
        #expect(error?.entry == entry)
    }
}

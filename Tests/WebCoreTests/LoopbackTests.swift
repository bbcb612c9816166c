import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing
import WebCore

@Suite("The loopback rule")
struct LoopbackTests {
    @Test("hosts that only this machine reaches", arguments: ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1", "[::1]"])
    func loopback(_ host: String) {
        #expect(Loopback.isLoopback(host))
    }

    @Test(
        "all others",
        arguments: [
            "", "0.0.0.0", "::", "[::]", "192.168.1.5", "128.0.0.1", "127.0.0.1.evil.example", "127.0.0", "127.0.0.256", "127.0.0.01x",
            "localhost.evil.example",
            "evil.localhost", "example.org", "1.127.0.0", "127.0..1", "127.0.0.+1",
        ])
    func elsewhere(_ host: String) {
        #expect(!Loopback.isLoopback(host))
    }

    private func status(
        authority: String?, headers: HTTPFields = [:], isLoopbackOnly: Bool = true, path: String = "/v1/x"
    ) async throws -> (Int, String?) {
        var web = WebApp()
        web.isLoopbackOnly = isLoopbackOnly
        let responder = try await web.make { routes in routes.get("/x", .open) { _, _ in .noContent } }.buildResponder()
        let request = Request(
            head: .init(method: .get, scheme: "http", authority: authority, path: path, headerFields: headers), body: .init(buffer: .init())
        )
        let response = try await responder.respond(to: request, context: .testing())
        return (response.status.code, response.status.code == 204 ? nil : response.headers[.contentType])
    }

    @Test(
        "a request for this machine passes",
        arguments: ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "[::1]", "LocalHost:8080"])
    func passes(_ authority: String) async throws {
        #expect(try await status(authority: authority).0 == 204)
    }

    @Test(
        "a foreign Host is a 403",
        arguments: [
            "evil.example", "evil.example:8080", "localhost.evil.example", "localhost:80@evil", "[::2]:80", "localhost:x", "10.0.0.1",
        ])
    func foreignHost(_ authority: String) async throws {
        let (status, type) = try await status(authority: authority)
        #expect(status == 403)
        #expect(type == "application/problem+json")
        #expect(try await self.status(authority: authority, isLoopbackOnly: false).0 == 204)
    }

    @Test("a missing Host is a 400 and a second one too", arguments: [true, false])
    func missingHost(_ isLoopbackOnly: Bool) async throws {
        #expect(try await status(authority: nil, isLoopbackOnly: isLoopbackOnly).0 == 400)
        #expect(try await status(authority: "", isLoopbackOnly: isLoopbackOnly).0 == 400)
        #expect(try await status(authority: "localhost", headers: [.init("Host")!: "localhost"], isLoopbackOnly: isLoopbackOnly).0 == 400)
    }

    @Test(
        "a request from another site is a 403",
        arguments: [
            ("Origin", "https://evil.example"), ("Origin", "null"), ("Origin", "http://localhost.evil.example"), ("Origin", "file://"),
            ("Origin", ""),
            ("Sec-Fetch-Site", "cross-site"),
        ])
    func crossSite(_ name: String, _ value: String) async throws {
        #expect(try await status(authority: "localhost", headers: [.init(name)!: value]).0 == 403)
    }

    @Test(
        "a request from a page of this machine passes",
        arguments: [
            ("Origin", "http://localhost:8080"), ("Origin", "http://127.0.0.1"), ("Origin", "http://[::1]:3000"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Sec-Fetch-Site", "none"),
        ])
    func sameSite(_ name: String, _ value: String) async throws {
        #expect(try await status(authority: "localhost", headers: [.init(name)!: value]).0 == 204)
    }

    @Test("a foreign host in the request line is a 403")
    func absoluteForm() async throws {
        #expect(try await status(authority: "localhost", path: "http://evil.example/v1/x").0 == 403)
        #expect(try await status(authority: "localhost", path: "http://localhost/v1/x").0 == 204)
    }

    @Test("an unknown path tells a foreign host nothing")
    func unknownPath() async throws {
        #expect(try await status(authority: "evil.example", path: "/nope").0 == 403)
    }
}

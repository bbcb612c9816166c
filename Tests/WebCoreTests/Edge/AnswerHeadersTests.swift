import Hummingbird
import HummingbirdTesting
import JSONText
import Testing
import WebCore

@Suite("Headers of every answer", .timeLimit(.minutes(5)))
struct AnswerHeadersTests {
    private static let fields = [
        "Content-Security-Policy: default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
            + "frame-ancestors 'none'\r\n",
        "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: same-origin\r\n", "Cache-Control: no-store\r\n",
    ]

    private func withServer(_ test: @Sendable (Int) async throws -> Void) async throws {
        var web = WebApp()
        web.limits.bodyGrace = .milliseconds(200)
        let app = web.make { routes in
            routes.get("/hello", .open) { _, _ in .text("hello") }
            routes.get("/own", .open) { _, _ in
                var response = Response.text("own")
                response.headers[.cacheControl] = "max-age=60"
                response.headers[.contentSecurityPolicy] = "default-src 'none'"
                return response
            }
            routes.post("/echo", .open) { request, context in .text("got \(try await request.json(context: context).rawBytes.count) bytes")
            }
        }
        try await app.test(.live) { client in try await test(try #require(client.port)) }
    }

    @Test(
        "are on answers of routes, on problems, on what is no HTTP and on what came too slowly",
        arguments: [
            ("GET /v1/hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
            ("GET /nope HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
            ("DELETE /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405),
            ("GET /hello HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 403), ("garbage\r\n\r\n", 400),
            ("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{", 408),
        ])
    func everywhere(request: String, status: Int) async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(request)
                await connection.waitForClose()
                #expect(connection.received.hasPrefix("HTTP/1.1 \(status) "))
                for field in Self.fields {
                    #expect(connection.received.lowercased().ranges(of: field.lowercased()).count == 1, "\(field)")
                }
                #expect(!connection.received.lowercased().contains("strict-transport-security"))
            }
        }
    }

    @Test("what a route says itself counts")
    func own() async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /own HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                await connection.waitForClose()
                let text = connection.received.lowercased()
                #expect(text.contains("cache-control: max-age=60\r\n") && text.contains("content-security-policy: default-src 'none'\r\n"))
                #expect(text.ranges(of: "cache-control").count == 1 && text.ranges(of: "content-security-policy").count == 1)
                #expect(text.contains("nosniff"))
            }
        }
    }

    @Test("are not on interim answers")
    func interim() async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(
                    """
                    POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n
                    """)
                #expect(try await connection.waitFor("HTTP/1.1 100 Continue\r\n\r\n"))
                try await connection.send("null")
                #expect(try await connection.waitFor("got 4 bytes"))
                #expect(connection.received.ranges(of: "nosniff").count == 1)
            }
        }
    }
}

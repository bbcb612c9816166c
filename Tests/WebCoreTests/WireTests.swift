import Hummingbird
import HummingbirdTesting
import JSONText
import NIOCore
import Testing
import WebCore

@Suite("On the wire", .timeLimit(.minutes(5)))
struct WireTests {
    /// Ends when the endless answer can no longer be written, or the observed body no longer be read; an element means that it was read whole.
    private let isCut: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init() {
        (isCut, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    private func withServer(_ limits: ServerLimits = .init(), _ test: @Sendable (Int) async throws -> Void) async throws {
        var web = WebApp()
        web.limits = limits
        let app = web.make { routes in
            routes.get("/hello", .open) { _, _ in .text("hello") }
            routes.get("/endless", .open) { [signal] _, _ in
                Response(
                    status: .ok,
                    body: .init { writer in
                        defer { signal.finish() }
                        while true { try await writer.write(ByteBuffer(repeating: 0, count: 65536)) }
                    })
            }
            routes.post("/echo", .open) { request, context in
                let value = try await request.json(context: context)
                return .text("got \(value.rawBytes.count) bytes")
            }
            routes.post("/refuse", .open) { _, _ in throw Problem(.unauthenticated) }
            routes.post("/observed", .open) { [signal] request, _ in
                defer { signal.finish() }
                if (try? await request.body.collect(upTo: 1000)) != nil { signal.yield() }
                return .noContent
            }
            routes.post("/unaware", .open) { request, _ in .text("got \(try await request.body.collect(upTo: 1000).readableBytes) bytes") }
        }
        try await app.test(.live) { client in try await test(try #require(client.port)) }
    }

    /// A server that leaves the 100 to the handler, however slow the machine is.
    private var patient: ServerLimits {
        var limits = ServerLimits()
        limits.continuePatience = .seconds(3600)
        return limits
    }

    private func post(_ path: String, _ headers: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\(headers)\r\n\r\n"
    }

    @Test("a client that waits for 100 gets it when the handler wants the body")
    func expectContinue() async throws {
        try await withServer(patient) { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("/v1/echo", "Content-Length: 4\r\nExpect: 100-continue"))
                #expect(try await connection.waitFor("HTTP/1.1 100 Continue\r\n\r\n"))
                try await connection.send("null")
                #expect(try await connection.waitFor("got 4 bytes"))
                #expect(connection.received.contains("HTTP/1.1 200 OK"))
            }
        }
    }

    @Test("a client that waits for 100 behind requests sent ahead gets it after their answers")
    func expectBehindOthers() async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                let ahead = "GET /v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n"
                try await connection.send(ahead + ahead + post("/v1/unaware", "Content-Length: 4\r\nExpect: 100-continue"))
                #expect(try await connection.waitFor("HTTP/1.1 100 Continue\r\n\r\n"))
                #expect(connection.received.ranges(of: "hello").count == 2)
                try await connection.send("null")
                #expect(try await connection.waitFor("got 4 bytes"))
            }
        }
    }

    @Test("a client that waits for 100 and is refused sends nothing", arguments: ["/v1/refuse", "/nope"])
    func expectRefused(_ path: String) async throws {
        try await withServer(patient) { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post(path, "Content-Length: 4000000\r\nExpect: 100-continue"))
                #expect(try await connection.waitFor("request_id"))
                #expect(!connection.received.contains("100 Continue"))
            }
        }
    }

    @Test("no 100 follows a final answer")
    func expectAnswered() async throws {
        var limits = ServerLimits()
        // Long enough for the refusal to come first on a busy machine, and over before the connection is closed.
        limits.continuePatience = .milliseconds(1500)
        limits.lingerTimeout = .milliseconds(2000)
        try await withServer(limits) { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("/v1/refuse", "Content-Length: 4\r\nExpect: 100-continue"))
                await connection.waitForClose()
                #expect(connection.received.hasPrefix("HTTP/1.1 401 "))
                #expect(!connection.received.contains("100 Continue"))
            }
        }
    }

    @Test("a body that is declared too long is refused before it is sent")
    func expectTooLarge() async throws {
        try await withServer(patient) { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("/v1/echo", "Content-Length: 400000\r\nExpect: 100-continue"))
                #expect(try await connection.waitFor("body_too_large"))
                #expect(connection.received.hasPrefix("HTTP/1.1 413 "))
            }
        }
    }

    @Test("a handler that does not know about 100 lets the client wait only shortly")
    func expectFallback() async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("/v1/unaware", "Content-Length: 4\r\nExpect: 100-continue"))
                #expect(try await connection.waitFor("HTTP/1.1 100 Continue\r\n\r\n"))
                try await connection.send("null")
                #expect(try await connection.waitFor("got 4 bytes"))
            }
        }
    }

    @Test("a client that does not wait for 100 gets none", arguments: ["null", "[1]"])
    func noExpect(_ body: String) async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("/v1/echo", "Content-Length: \(body.utf8.count)\r\nExpect: 100-continue") + body)
                #expect(try await connection.waitFor("bytes"))
                try await connection.send("GET /v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try await connection.waitFor("hello"))
                #expect(!connection.received.contains("100 Continue"))
            }
        }
    }

    @Test("a body that drips is answered 408 and the connection closed")
    func slowBody() async throws {
        var limits = ServerLimits()
        limits.bodyGrace = .milliseconds(200)
        try await withServer(limits) { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("/v1/echo", "Content-Length: 1000") + "[")
                await connection.waitForClose()
                #expect(connection.received.hasPrefix("HTTP/1.1 408 "))
                #expect(connection.received.contains("request_timeout"))
            }
        }
    }

    @Test("a head that never ends is cut")
    func slowHead() async throws {
        var limits = ServerLimits()
        limits.idleTimeout = .milliseconds(1000)
        try await withServer(limits) { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /v1/hello HTTP/1.1\r\nHost: loc")
                await connection.waitForClose()
                #expect(connection.received.isEmpty)
            }
        }
    }

    @Test("a client that reads nothing of its answer is cut")
    func slowReader() async throws {
        var limits = ServerLimits()
        limits.writeTimeout = .milliseconds(300)
        try await withServer(limits) { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /v1/endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
                for await _ in isCut {}
                await connection.waitForClose()
                #expect(connection.received.hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test("the rest of a refused body is taken in for a short time only")
    func refusedUpload() async throws {
        var limits = ServerLimits()
        limits.lingerTimeout = .milliseconds(200)
        try await withServer(limits) { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("/v1/refuse", "Content-Length: 4000000") + String(repeating: "x", count: 100_000))
                await connection.waitForClose()
                #expect(connection.received.hasPrefix("HTTP/1.1 401 "))
            }
        }
    }

    @Test("a body that ends before its length is an error for the handler, not a shorter body")
    func cutBody() async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("/v1/observed", "Content-Length: 10") + "1234")
            }
            for await _ in isCut { Issue.record("the handler saw a complete body") }
        }
    }

    @Test("a body that is cut off for its slowness is an error for the handler too")
    func cutSlowBody() async throws {
        var limits = ServerLimits()
        limits.bodyGrace = .milliseconds(100)
        try await withServer(limits) { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("/v1/observed", "Content-Length: 10") + "1234")
                for await _ in isCut { Issue.record("the handler saw a complete body") }
                await connection.waitForClose()
            }
        }
    }

    @Test(
        "what is not HTTP is a 400 and the server lives on",
        arguments: [
            "garbage\r\n\r\n", "\u{16}\u{3}\u{1}\0\0", "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
            "GET /\0 HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n", "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        ])
    func garbage(_ text: String) async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(text)
                await connection.waitForClose()
                #expect(connection.received.isEmpty || connection.received.hasPrefix("HTTP/1.1 400 "))
            }
            try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try await connection.waitFor("hello"))
            }
        }
    }

    @Test("headers beyond the limits are a 400", arguments: [1, 40, 200])
    func hugeHeaders(_ count: Int) async throws {
        let value = String(repeating: "x", count: count == 200 ? 1 : 20_000 / count * 2)
        let headers = (0..<count).map { "X-\($0): \(value)" }.joined(separator: "\r\n")
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /v1/hello HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n\r\n")
                await connection.waitForClose()
                #expect(connection.received.hasPrefix("HTTP/1.1 400 "))
            }
        }
    }

    @Test("a request without Host is a 400 and one for a foreign Host a 403")
    func host() async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /v1/hello HTTP/1.1\r\n\r\n")
                #expect(try await connection.waitFor("missing_host"))
            }
            try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /v1/hello HTTP/1.1\r\nHost: evil.example:\(port)\r\n\r\n")
                #expect(try await connection.waitFor("foreign_host"))
            }
        }
    }

    @Test("requests sent ahead are answered in order")
    func pipelining() async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                var text = ""
                for _ in 0..<20 { text += post("/v1/echo", "Content-Length: 2") + "[]" }
                try await connection.send(text + "GET /v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try await connection.waitFor("hello"))
                #expect(connection.received.ranges(of: "got 2 bytes").count == 20)
            }
        }
    }
}

import Executors
import TestSupport
import Testing

@Suite("Outgoing HTTP", .timeLimit(.minutes(5)))
struct OutgoingHTTPTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: 1\r\n\r\nok"

    /// A client whose names all lead to this machine, which it is allowed to reach.
    private func client(_ answers: [[String]] = [["127.0.0.1"]], allowed: [String] = ["127.0.0.1"]) throws -> OutgoingHTTP {
        OutgoingHTTP(
            egress: EgressGuard(allowed: try EgressAllowList(allowed), resolver: ScriptedResolver(answers)), version: "1.2.3")
    }

    private func request(
        _ server: ScriptedServer, method: String = "GET", path: String = "/", body: String = "", timeout: Duration = .seconds(20)
    ) throws -> OutgoingRequest {
        OutgoingRequest(
            method: method, url: try OutgoingURL("http://hooks.example:\(server.port)\(path)"), body: Array(body.utf8), timeout: timeout)
    }

    @Test("a request reaches the checked address under the name that was asked for")
    func success() async throws {
        try await ScriptedServer.with([.bytes(Self.ok)]) { server in
            var request = try request(server, method: "POST", path: "/a?b=c", body: "hello")
            request.headers = [("X-Two", "2")]
            let response = try await client().send(request)
            #expect(response.status == 200)
            #expect(response.body == Array("ok".utf8))
            #expect(!response.isTruncated)
            #expect(response.header("x-ONE") == "1")
            let sent = try await server.requests.wait()[0].split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
            #expect(sent.first == "POST /a?b=c HTTP/1.1")
            #expect(sent.last == "hello")
            let headers = Set(sent.dropFirst().map { $0.lowercased() })
            #expect(headers.isSuperset(of: ["host: hooks.example:\(server.port)", "user-agent: millrace/1.2.3", "x-two: 2"]))
            #expect(headers.isSuperset(of: ["content-length: 5", "connection: close"]))
        }
    }

    @Test("the trusted door asks the guard nothing, and uses its connections again")
    func trusted() async throws {
        try await ScriptedServer.with([.open(Self.ok)]) { server in
            let client = try client([], allowed: [])
            for _ in 1...3 {
                let request = OutgoingRequest(method: "GET", url: try OutgoingURL("http://127.0.0.1:\(server.port)/"))
                #expect(try await client.send(request, through: .trusted).status == 200)
            }
            #expect(server.requests.values.count == 3)
            #expect(server.accepted.values.count == 1)
        }
    }

    @Test("a name whose answer changes after the check gains nothing: it is asked once, and every request is checked anew")
    func rebinding() async throws {
        try await ScriptedServer.with([.bytes(Self.ok)]) { server in
            // First the allowed address, then one that is not.
            let resolver = ScriptedResolver([["127.0.0.1"], ["127.0.0.2"]])
            let egress = EgressGuard(allowed: try EgressAllowList(["127.0.0.1"]), resolver: resolver)
            let client = OutgoingHTTP(egress: egress, version: "1")
            let response = try await client.send(request(server))
            #expect(response.status == 200)
            #expect(resolver.asked.values.count == 1)
            await #expect(throws: EgressDenied.self) { try await client.send(request(server)) }
            #expect(server.accepted.values.count == 1)
        }
    }

    @Test("a host that must not be reached is not connected to")
    func denied() async throws {
        try await ScriptedServer.with([.bytes(Self.ok)]) { server in
            await #expect(throws: EgressDenied.self) { try await client(allowed: []).send(request(server)) }
            await #expect(throws: EgressDenied.self) {
                let literal = OutgoingRequest(method: "GET", url: try OutgoingURL("http://127.0.0.1:\(server.port)/"))
                return try await client(allowed: []).send(literal)
            }
            #expect(server.accepted.values.isEmpty)
        }
    }

    @Test("redirects are answers and not followed")
    func redirect() async throws {
        try await ScriptedServer.with([.bytes("HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")]) { server in
            let response = try await client().send(request(server))
            #expect(response.status == 302)
            #expect(response.header("Location") == "/other")
            #expect(server.requests.values.count == 1)
        }
    }

    @Test("another address of the host is tried when the first accepts no connection")
    func secondAddress() async throws {
        try await ScriptedServer.with([.bytes(Self.ok)]) { server in
            // Nobody listens on the first one.
            let client = try client([["127.0.0.2", "127.0.0.1"]], allowed: ["127.0.0.0/8"])
            let response = try await client.send(request(server))
            #expect(response.status == 200)
        }
    }

    @Test("a chunked body is put together")
    func chunked() async throws {
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
        try await ScriptedServer.with([.open(answer)]) { server in
            let response = try await client().send(request(server))
            #expect(response.body == Array("abcdefg".utf8))
            // Nothing is kept for later.
            try await server.closed.wait()
        }
    }

    @Test("a body without a length ends with the connection")
    func untilClose() async throws {
        try await ScriptedServer.with([.bytes("HTTP/1.1 200 OK\r\n\r\nuntil the end")]) { server in
            let response = try await client().send(request(server))
            #expect(response.body == Array("until the end".utf8))
        }
    }

    @Test("of a body without end no more is read than is kept")
    func huge() async throws {
        try await ScriptedServer.with([.endless("HTTP/1.1 200 OK\r\n\r\n")]) { server in
            var request = try request(server)
            request.mostBodyBytes = 1_500_000
            let response = try await client().send(request)
            #expect(response.body.count == 1_500_000)
            #expect(response.isTruncated)
            try await server.closed.wait()
        }
    }

    @Test("a body of exactly as many bytes as are kept is not truncated")
    func exact() async throws {
        try await ScriptedServer.with([.bytes(Self.ok)]) { server in
            var request = try request(server)
            request.mostBodyBytes = 2
            let response = try await client().send(request)
            #expect(response.body.count == 2)
            #expect(!response.isTruncated)
        }
    }

    @Test(
        "a server that does not answer, or not to the end, runs into the time limit",
        arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"])
    func slow(answer: String) async throws {
        try await ScriptedServer.with([.open(answer)]) { server in
            let failure = await failure(of: { try await client().send(request(server, timeout: .milliseconds(200))) })
            #expect(failure?.code == .timeout)
            #expect(failure?.message.contains("200 ms") == true)
            // The request was ended, not left behind.
            try await server.closed.wait()
        }
    }

    @Test("the time limit holds for the lookup too")
    func slowLookup() async throws {
        let client = OutgoingHTTP(egress: EgressGuard(allowed: .none, resolver: SilentResolver()), version: "1")
        let request = OutgoingRequest(method: "GET", url: try OutgoingURL("http://hooks.example/"), timeout: .milliseconds(50))
        let failure = await failure(of: { try await client.send(request) })
        #expect(failure?.code == .timeout)
    }

    @Test("cancelling ends a request at once, wherever it is", arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"])
    func cancelled(answer: String) async throws {
        try await ScriptedServer.with([.open(answer)]) { server in
            let client = try client()
            let request = try request(server, timeout: .seconds(3600))
            let sending = Task { try await client.send(request) }
            try await server.requests.wait()
            sending.cancel()
            await #expect(throws: CancellationError.self) { try await sending.value }
            try await server.closed.wait()
        }
    }

    @Test("cancelling ends a lookup at once")
    func cancelledLookup() async throws {
        let resolver = SilentResolver()
        let client = OutgoingHTTP(egress: EgressGuard(allowed: .none, resolver: resolver), version: "1")
        let request = OutgoingRequest(method: "GET", url: try OutgoingURL("http://hooks.example/"))
        let sending = Task { try await client.send(request) }
        try await resolver.asked.wait()
        sending.cancel()
        await #expect(throws: CancellationError.self) { try await sending.value }
    }

    @Test("a port on which nobody listens is a connection that failed")
    func refused() async throws {
        let port = try await ScriptedServer.with([]) { $0.port }
        let request = OutgoingRequest(method: "GET", url: try OutgoingURL("http://hooks.example:\(port)/"))
        let failure = await failure(of: { try await client().send(request) })
        #expect(failure?.code == .connectionFailed)
        #expect(failure?.message.contains("hooks.example") == true)
        #expect(failure?.message.contains("127.0.0.1") == false)
    }

    @Test(
        "a connection that is lost before the answer is whole is told from one that never was",
        arguments: [
            .bytes(""), .bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), .reset(""),
            .reset("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"),
            .bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"), .bytes("SSH-2.0-OpenSSH_9.2\r\n"),
            .bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
        ] as [ScriptedServer.Reply])
    func lost(reply: ScriptedServer.Reply) async throws {
        try await ScriptedServer.with([reply]) { server in
            let failure = await failure(of: { try await client().send(request(server)) })
            #expect(failure?.code == .connectionLost)
            #expect(server.requests.values.count == 1)
        }
    }

    @Test("headers without end are cut off")
    func endlessHeaders() async throws {
        try await ScriptedServer.with([.endless("HTTP/1.1 200 OK\r\nX-Long: ")]) { server in
            let failure = await failure(of: { try await client().send(request(server)) })
            #expect(failure?.code == .connectionLost)
        }
    }

    @Test("a name that is not found says so")
    func notFound() async throws {
        let client = OutgoingHTTP(egress: EgressGuard(allowed: .none), version: "1")
        let request = OutgoingRequest(method: "GET", url: try OutgoingURL("http://nobody.invalid/"))
        let failure = await failure(of: { try await client.send(request) })
        #expect(failure?.code == .hostNotFound)
        #expect(failure?.message.contains("nobody.invalid") == true)
    }

    private func failure(of body: () async throws -> OutgoingResponse) async -> OutgoingFailure? {
        await #expect(throws: OutgoingFailure.self) { try await body() }
    }
}

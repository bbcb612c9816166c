import Executors
import NIOSSL
import TestSupport
import Testing

@Suite(
    "Outgoing HTTP over TLS", .timeLimit(.minutes(5)),
    .enabled(if: TestCertificate.canBeMade, "openssl is not installed, which makes the certificates"))
struct OutgoingTLSTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// Sends one request for `name` to a server on this machine whose certificate is for `hooks.example`.
    private func send(to name: String, trusting: Bool) async throws -> (OutgoingResponse, TestSignal<String>) {
        try await withTemporaryDirectory { directory in
            let certificate = try TestCertificate(for: "hooks.example", in: directory)
            return try await ScriptedServer.with([.bytes(Self.ok)], tls: certificate.server) { server in
                let egress = EgressGuard(allowed: try EgressAllowList(["127.0.0.1"]), resolver: ScriptedResolver([["127.0.0.1"]]))
                let client = OutgoingHTTP(egress: egress, version: "1", authorities: trusting ? certificate.authority : nil)
                let request = OutgoingRequest(method: "GET", url: try OutgoingURL("https://\(name):\(server.port)/"))
                do {
                    return (try await client.send(request), server.requests)
                } catch {
                    // Whatever is wrong with the certificate, nothing was sent.
                    #expect(server.requests.values.isEmpty)
                    throw error
                }
            }
        }
    }

    @Test("the name that was asked for is verified although the connection goes to an address")
    func success() async throws {
        let (response, requests) = try await send(to: "hooks.example", trusting: true)
        #expect(response.status == 200)
        #expect(requests.values.first?.lowercased().contains("host: hooks.example:") == true)
    }

    @Test("a certificate that nobody vouches for is refused with a clear error")
    func selfSigned() async throws {
        let failure = await #expect(throws: OutgoingFailure.self) { try await send(to: "hooks.example", trusting: false) }
        #expect(failure?.code == .tlsFailed)
        #expect(failure?.message.contains("'hooks.example' is not trusted") == true, "\(failure?.message ?? "")")
    }

    @Test("a certificate for another name is refused with a clear error", arguments: ["other.example", "127.0.0.1"])
    func otherName(name: String) async throws {
        let failure = await #expect(throws: OutgoingFailure.self) { try await send(to: name, trusting: true) }
        #expect(failure?.code == .tlsFailed)
        #expect(failure?.message.contains("another name") == true, "\(failure?.message ?? "")")
    }

    @Test("a server that does not speak TLS is told from one that is not there")
    func noTLS() async throws {
        try await ScriptedServer.with([.bytes(Self.ok)]) { server in
            let egress = EgressGuard(allowed: try EgressAllowList(["127.0.0.1"]), resolver: ScriptedResolver([["127.0.0.1"]]))
            let request = OutgoingRequest(
                method: "GET", url: try OutgoingURL("https://hooks.example:\(server.port)/"), timeout: .seconds(1))
            let client = OutgoingHTTP(egress: egress, version: "1")
            let failure = await #expect(throws: OutgoingFailure.self) { try await client.send(request) }
            // This server waits for the end of a request that never comes.
            #expect(failure?.code == .timeout)
        }
    }
}

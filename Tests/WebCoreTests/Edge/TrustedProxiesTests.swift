import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NetworkAddresses
import Testing
import WebCore

@Suite("Trusted proxies", .timeLimit(.minutes(5)))
struct TrustedProxiesTests {
    @Test(
        "the client is the right-most address that is no proxy's",
        arguments: [
            // The peer is no proxy: whatever it says about others is its own invention.
            ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", [], "10.0.0.1"),
            ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", ["192.0.2.66, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
            ("10.0.0.1", ["192.0.2.66", "198.51.100.1", "10.9.9.9"], "198.51.100.1"),
            ("10.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
            // What is no address was not added by a proxy that is to be believed.
            ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", ["198.51.100.1, unknown, 10.2.2.2"], "10.2.2.2"),
            ("10.0.0.1", [""], "10.0.0.1"),
            ("10.0.0.1", ["198.51.100.1,"], "10.0.0.1"),
            ("10.0.0.1", ["0x7f.1"], "10.0.0.1"),
            ("10.0.0.1", ["198.51.100.1:80:80"], "10.0.0.1"),
            ("10.0.0.1", [" 198.51.100.1:4711\t"], "198.51.100.1"),
            ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
            ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.1", ["[2001:db8::1]"], "2001:db8::1"),
            ("10.0.0.1", ["[2001:db8::1]x"], "10.0.0.1"),
            ("fd00::5", ["2001:db8::1, ::ffff:10.0.0.7"], "2001:db8::1"),
            ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
            ("11.0.0.1", ["198.51.100.1"], "11.0.0.1"),
        ] as [(String, [String], String)])
    func client(peer: String, forwarded: [String], expected: String) throws {
        let proxies = try TrustedProxies(["10.0.0.0/8", "fd00::/8"])
        let address = try #require(IPAddress(peer))
        #expect(proxies.client(peer: address, forwarded: forwarded).description == expected)
    }

    @Test("an entry that is no address is named", arguments: ["proxy.example", "10.0.0.0/33", "10.1.0.0/8", "*", "10.0.0.1:80"])
    func invalid(entry: String) {
        let error = #expect(throws: TrustedProxies.Invalid.self) { try TrustedProxies(["10.0.0.0/8", entry]) }
        #expect(error?.entry == entry)
    }

    /// Who a server on loopback takes the sender of a request for, and whether the client's connection was encrypted.
    private func seen(_ entries: [String], _ headers: String) async throws -> String {
        var web = WebApp()
        web.edge.proxies = try TrustedProxies(entries)
        let app = web.make { routes in
            routes.get("/me", .open) { _, context in .text("<\(context.remoteAddress ?? "nobody") \(context.isSecure)>") }
        }
        return try await app.test(.live) { client in
            try await RawConnection.with(port: try #require(client.port)) { connection in
                try await connection.send("GET /me HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n")
                #expect(try await connection.waitFor(">"))
                return String(connection.received[connection.received.lastIndex(of: "<")!...])
            }
        }
    }

    @Test("are believed, over one or several header lines")
    func believed() async throws {
        let lines = "X-Forwarded-For: 192.0.2.66\r\nX-Forwarded-For: 198.51.100.1, 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"
        #expect(try await seen(["127.0.0.0/8"], lines) == "<198.51.100.1 true>")
        #expect(try await seen(["127.0.0.0/8"], "X-Forwarded-Proto: https, http\r\n") == "<127.0.0.1 false>")
        #expect(try await seen(["127.0.0.0/8"], "") == "<127.0.0.1 false>")
    }

    @Test("nobody else is")
    func others() async throws {
        let lines = "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\n"
        #expect(try await seen([], lines) == "<127.0.0.1 false>")
        #expect(try await seen(["10.0.0.0/8"], lines) == "<127.0.0.1 false>")
    }
}

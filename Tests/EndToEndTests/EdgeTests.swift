import Foundation
import JSONText
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The edge of the binary", .timeLimit(.minutes(5)))
    struct EdgeTests {
        @Test(
            "over TLS a command finds the server by its lock and its task runs",
            .enabled(if: CertificateFiles.canBeMade, "openssl is not installed, which makes the certificates"))
        func tls() async throws {
            try await withSite(.sqlite) { site in
                let files = try CertificateFiles(for: "millrace.example", in: site.place.directory)
                let server = try await site.serve(["MILLRACE_TLS_CERT": files.certificate, "MILLRACE_TLS_KEY": files.key])
                let submit = try site.run(["submit", "demo.echo", "[1]", "--wait"])
                #expect(try await submit.end(within: .seconds(60)) == .code(0), "\(submit.errorText)")
                #expect(submit.lines.values == ["[1]"])
                // Without TLS there is no answer on this port.
                let plain = try await RawExchange.exchange(
                    Array("GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8), port: server.port, thenCloses: false)
                #expect(!String(decoding: plain, as: UTF8.self).contains("HTTP/1.1"))
                // A server that is named must show a certificate that somebody vouches for.
                let named = try site.run(["submit", "demo.noop", "--url", "https://127.0.0.1:\(server.port)"])
                #expect(try await named.end(within: .seconds(60)) != .code(0))
                #expect(named.errorText.contains("certificate"), "\(named.errorText)")
                #expect(try await server.terminate() == .code(0))
            }
        }

        @Test(
            "certificates that cannot serve stop the start with one line that names the file",
            .enabled(if: CertificateFiles.canBeMade, "openssl is not installed, which makes the certificates"),
            arguments: [("certificate.pem", ""), ("", "key.pem"), ("certificate.pem", "other-key.pem"), ("nowhere.pem", "key.pem")])
        func certificates(certificate: String, key: String) async throws {
            try await withSite(.sqlite) { site in
                let directory = site.place.directory
                _ = try CertificateFiles(for: "a.example", in: directory)
                _ = try CertificateFiles(for: "b.example", in: directory, file: "other-")
                let path = { (name: String) in name.isEmpty ? "" : directory.path(name) }
                let child = try site.run(
                    ["serve", "--bind", "127.0.0.1:0"],
                    ["MILLRACE_TLS_CERT": path(certificate), "MILLRACE_TLS_KEY": path(key), "LOG_LEVEL": "notice"])
                #expect(try await child.end(within: .seconds(30)) == .code(64), "\(child.errorText)")
                let text = child.errorText
                #expect(text.hasPrefix("millrace: ") && text.split(separator: "\n").count == 1, "\(text)")
                #expect(text.contains("MILLRACE_TLS_CERT") && text.contains("MILLRACE_TLS_KEY"), "\(text)")
            }
        }

        @Test("no address has more connections than it may, and makes room among its own")
        func perAddress() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["MILLRACE_MAX_CONNECTIONS_PER_ADDRESS": "5", "LOG_LEVEL": "error"])
                let request = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1:\(process.port)\r\n\r\n"
                let flood = try await ConnectionFlood.open(20, port: process.port, saying: [""])
                try await process.api.expect(200, .get("/livez"))
                #expect(try await flood.count(answering: request) <= 5)
                flood.close()
            }
        }

        @Test("the connections of a trusted proxy are not one client's")
        func proxyConnections() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve([
                    "MILLRACE_MAX_CONNECTIONS_PER_ADDRESS": "5", "MILLRACE_TRUSTED_PROXIES": "127.0.0.0/8", "LOG_LEVEL": "error",
                ])
                let flood = try await ConnectionFlood.open(20, port: process.port, saying: [""])
                let request = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1:\(process.port)\r\n\r\n"
                #expect(try await flood.count(answering: request) == 20)
                flood.close()
            }
        }

        @Test("500 requests sent ahead are answered in order")
        func pipelining() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["LOG_LEVEL": "error"])
                let requests = (0..<500).map { number in
                    "GET /livez HTTP/1.1\r\nHost: 127.0.0.1:\(process.port)\r\nX-Request-Id: n\(number)\r\n"
                        + (number == 499 ? "Connection: close\r\n\r\n" : "\r\n")
                }
                let answer = try await RawExchange.exchange(Array(requests.joined().utf8), port: process.port, thenCloses: false)
                let ids = String(decoding: answer, as: UTF8.self).split(separator: "\r\n").compactMap { line in
                    line.lowercased().hasPrefix("x-request-id: n") ? Int(line.dropFirst(15)) : nil
                }
                #expect(ids == Array(0..<500))
            }
        }

        @Test("a target or a field beyond the limits is refused", arguments: ["target", "field", "fields"])
        func tooLong(what: String) async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["LOG_LEVEL": "error"])
                let long = String(repeating: "x", count: 17 * 1024)
                let target = what == "target" ? "/v1/tasks?tag=" + long : "/livez"
                let fields =
                    switch what {
                    case "field": "X: \(long)\r\n"
                    case "fields": (0..<120).map { "X-\($0): 1\r\n" }.joined()
                    default: ""
                    }
                let text = "GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(process.port)\r\n\(fields)Connection: close\r\n\r\n"
                let answer = try await RawExchange.exchange(Array(text.utf8), port: process.port, thenCloses: false)
                #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 400 "))
            }
        }

        @Test("a tenant that sends more than it may is told when to come back")
        func requestRate() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve([
                    "MILLRACE_TENANT_REQUESTS_PER_SECOND": "1", "MILLRACE_TENANT_REQUEST_BURST": "20", "LOG_LEVEL": "error",
                ])
                let connection = HTTPConnection(port: process.port)
                var refused: HTTPAnswer?
                for _ in 0..<100 where refused == nil {
                    let answer = try await connection.send(.get("/v1/tasks"))
                    if answer.status != 200 { refused = answer }
                }
                #expect(refused?.status == 429)
                #expect(refused?.headers["retry-after"].flatMap { Int($0) } == 1)
                #expect(try refused?.json()["code"]?.string == "too_many_requests")
            }
        }

        @Test(
            "a byte a second is cut: in a head, in a body, in a TLS handshake",
            .enabled(if: LongTests.areOn && CertificateFiles.canBeMade, "takes more than a minute"))
        func drip() async throws {
            try await withSite(.sqlite) { site in
                let plain = try await site.serve(["LOG_LEVEL": "error"])
                let host = "Host: 127.0.0.1\r\n"
                let body = "POST /v1/tasks HTTP/1.1\r\n\(host)Content-Type: application/json\r\nContent-Length: 500\r\n\r\n"
                async let head = RawExchange.drip("GET /livez HTTP/1.1\r\nX: ", then: UInt8(ascii: "x"), port: plain.port)
                async let content = RawExchange.drip(body, then: UInt8(ascii: "{"), port: plain.port)
                // Not before their limits of 60 and 30 s either: then it would be the bytes that are wrong.
                #expect((Duration.seconds(55)...Duration.seconds(75)).contains(try await head))
                #expect((Duration.seconds(25)...Duration.seconds(50)).contains(try await content))
                #expect(try await plain.terminate() == .code(0))
                let files = try CertificateFiles(for: "millrace.example", in: site.place.directory)
                let tls = try await site.serve(["MILLRACE_TLS_CERT": files.certificate, "MILLRACE_TLS_KEY": files.key])
                // The first bytes of a ClientHello of 512 bytes.
                #expect(try await RawExchange.drip("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0", then: 0, port: tls.port) < .seconds(15))
            }
        }
    }
}

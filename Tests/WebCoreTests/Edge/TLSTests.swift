import Foundation
import Hummingbird
import HummingbirdTesting
import JSONText
import NIOCore
import NIOSSL
import TestSupport
import Testing
import WebCore

@Suite(
    "TLS", .timeLimit(.minutes(5)), .enabled(if: CertificateFiles.canBeMade, "openssl is not installed, which makes the certificates"))
struct TLSTests {
    private let began = TestSignal<Void>()
    private let hungUp = TestSignal<Void>()

    private func withServer(
        _ limits: ServerLimits = ServerLimits(), _ test: @Sendable (Int, CertificateFiles, TLSCertificates) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let files = try CertificateFiles(for: "millrace.example", in: directory)
            let certificates = try TLSCertificates(certificate: files.certificate, key: files.key)
            var web = WebApp()
            web.limits = limits
            web.certificates = certificates
            web.edge.isTLS = true
            let app = web.make { routes in
                routes.get("/hello", .open) { _, context in .text("hello \(context.isSecure)") }
                routes.get("/wait", .open) { [began, hungUp] _, context in
                    context.onHangUp { hungUp.send() }
                    began.send()
                    try await hungUp.wait(for: 1)
                    return .text("at last")
                }
                routes.post("/echo", .open) { request, context in
                    .text("got \(try await request.json(context: context).rawBytes.count) bytes")
                }
                routes.get("/endless", .open) { [hungUp] _, _ in
                    Response(
                        status: .ok,
                        body: .init { writer in
                            defer { hungUp.send() }
                            while true { try await writer.write(ByteBuffer(repeating: 0, count: 65536)) }
                        })
                }
            }
            try await app.test(.live) { client in try await test(try #require(client.port), files, certificates) }
        }
    }

    /// A client that trusts this one certificate, for whatever name it is.
    private func client(_ path: String, most: TLSVersion? = nil) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(path)
        configuration.certificateVerification = .noHostnameVerification
        configuration.maximumTLSVersion = most
        return configuration
    }

    private let get = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"

    @Test("requests on one connection are answered, with HSTS", arguments: [TLSVersion.tlsv12, .tlsv13])
    func answers(version: TLSVersion) async throws {
        try await withServer { port, files, _ in
            try await RawConnection.with(port: port, tls: client(files.certificate, most: version)) { connection in
                try await connection.send(get)
                #expect(try await connection.waitFor("hello true"))
                try await connection.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
                try await connection.send("Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")
                #expect(try await connection.waitFor("HTTP/1.1 100 Continue\r\n\r\n"))
                try await connection.send("null")
                #expect(try await connection.waitFor("got 4 bytes"))
                #expect(connection.received.ranges(of: "HTTP/1.1 200 OK").count == 2)
                #expect(connection.received.ranges(of: "Strict-Transport-Security: max-age=63072000\r\n").count == 2)
            }
        }
    }

    @Test("versions before 1.2 are refused", arguments: [TLSVersion.tlsv1, .tlsv11])
    func oldVersions(version: TLSVersion) async throws {
        try await withServer { port, files, _ in
            var old = client(files.certificate, most: version)
            old.minimumTLSVersion = .tlsv1
            await #expect(throws: (any Error).self) {
                try await RawConnection.with(port: port, tls: old) { connection in
                    try await connection.send(get)
                    if try await connection.waitFor("HTTP/1.1") { Issue.record("\(version) was answered") }
                    throw CancellationError()
                }
            }
        }
    }

    @Test("a request without TLS is closed without an answer, and the server lives on")
    func plain() async throws {
        try await withServer { port, files, _ in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(get)
                await connection.waitForClose()
                #expect(!connection.received.contains("HTTP/1.1"))
            }
            try await RawConnection.with(port: port, tls: client(files.certificate)) { connection in
                try await connection.send(get)
                #expect(try await connection.waitFor("hello"))
            }
        }
    }

    @Test("a handshake that does not come, or drips, is cut in time")
    func slowHandshake() async throws {
        var limits = ServerLimits()
        limits.handshakeTimeout = .milliseconds(500)
        try await withServer(limits) { port, _, _ in
            let start = ContinuousClock.now
            // The first bytes of a ClientHello of 512 bytes.
            for start in ["", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0"] {
                try await RawConnection.with(port: port) { connection in
                    if !start.isEmpty { try await connection.send(start) }
                    await connection.waitForClose()
                }
            }
            // Long before the limit of a connection that says nothing.
            #expect(ContinuousClock.now - start < .seconds(30))
        }
    }

    @Test("a connection that has shaken hands is not cut by the handshake's limit")
    func afterHandshake() async throws {
        var limits = ServerLimits()
        limits.handshakeTimeout = .milliseconds(400)
        limits.bodyGrace = .milliseconds(1500)
        try await withServer(limits) { port, files, _ in
            try await RawConnection.with(port: port, tls: client(files.certificate)) { connection in
                // Answered 408 after the body's own limit.
                try await connection.send(
                    "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
                await connection.waitForClose()
                #expect(connection.received.hasPrefix("HTTP/1.1 408 "))
            }
        }
    }

    @Test("a head that never ends is cut")
    func slowHead() async throws {
        var limits = ServerLimits()
        limits.idleTimeout = .milliseconds(1000)
        try await withServer(limits) { port, files, _ in
            try await RawConnection.with(port: port, tls: client(files.certificate)) { connection in
                try await connection.send("GET /hello HTTP/1.1\r\nHost: loc")
                await connection.waitForClose()
                #expect(connection.received.isEmpty)
            }
        }
    }

    @Test("a handler hears that its client is gone")
    func hangUp() async throws {
        try await withServer { port, files, _ in
            try await RawConnection.with(port: port, tls: client(files.certificate)) { connection in
                try await connection.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await began.wait(for: 1)
            }
            try await hungUp.wait(for: 1)
        }
    }

    @Test("a client that reads nothing of its answer is cut")
    func slowReader() async throws {
        var limits = ServerLimits()
        limits.writeTimeout = .milliseconds(300)
        try await withServer(limits) { port, files, _ in
            try await RawConnection.with(port: port, tls: client(files.certificate)) { connection in
                try await connection.send("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await hungUp.wait(for: 1)
            }
        }
    }

    @Test("renewed files serve new connections; files that do not belong together change nothing")
    func renewal() async throws {
        try await withServer { port, files, certificates in
            #expect(try !certificates.reload())
            try await withTemporaryDirectory { directory in
                let next = try CertificateFiles(for: "millrace.example", in: directory)
                // Half of the renewal.
                try String(contentsOfFile: next.key, encoding: .utf8).write(toFile: files.key, atomically: true, encoding: .utf8)
                #expect(throws: TLSCertificates.Invalid.self) { try certificates.reload() }
                try await RawConnection.with(port: port, tls: client(files.certificate)) { connection in
                    try await connection.send(get)
                    #expect(try await connection.waitFor("hello"))
                }
                try String(contentsOfFile: next.certificate, encoding: .utf8).write(
                    toFile: files.certificate, atomically: true, encoding: .utf8)
                #expect(try certificates.reload())
                try await RawConnection.with(port: port, tls: client(next.certificate)) { connection in
                    try await connection.send(get)
                    #expect(try await connection.waitFor("hello"))
                }
            }
        }
    }

    @Test(
        "files that cannot serve are named, and what is wrong with them",
        arguments: [
            ("missing", "No such file"), ("empty", "holds no certificate"), ("swapped", "holds no certificate"),
            ("noKey", "holds no private key"),
            ("foreignKey", "is not that of the first certificate"), ("encrypted", "is encrypted"),
        ])
    func invalid(what: String, reason: String) async throws {
        try await withTemporaryDirectory { directory in
            let files = try CertificateFiles(for: "a.example", in: directory)
            let other = try CertificateFiles(for: "b.example", in: directory, file: "other-")
            let empty = try directory.write("empty.pem", "")
            let encrypted = try directory.write(
                "encrypted.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
            let pair =
                switch what {
                case "missing": (directory.path("nowhere.pem"), files.key)
                case "empty": (empty, files.key)
                case "swapped": (files.key, files.certificate)
                case "noKey": (files.certificate, empty)
                case "foreignKey": (files.certificate, other.key)
                default: (files.certificate, encrypted)
                }
            let error = #expect(throws: TLSCertificates.Invalid.self) { try TLSCertificates(certificate: pair.0, key: pair.1) }
            #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        }
    }
}

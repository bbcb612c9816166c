import Foundation
import Storage
import TestSupport

/// Speaks as much of PostgreSQL's protocol as it takes to refuse a client, or to let it in and tell it a version.
final class PostgresFakeServer: Sendable {
    enum Behaviour: Sendable {
        /// Answers the start-up message with an error of this SQLSTATE.
        case refuse(String, String)
        /// Lets the client in as a server of this version and encoding.
        case accept(version: String, encoding: String)
        /// Takes the connection and says nothing.
        case silence
        /// Announces a long message and sends a byte of it now and then, so that it never ends.
        case trickle
    }

    private let listening: ListeningSocket
    private let behaviour: Behaviour

    init(_ behaviour: Behaviour) throws {
        self.behaviour = behaviour
        listening = try ListeningSocket()
        Thread { self.serve() }.start()
    }

    var url: String { "postgres://somebody:hunter2@127.0.0.1:\(port)/somewhere?sslmode=disable&gssencmode=disable" }

    var port: UInt16 { listening.port }

    func stop() { listening.stop() }

    /// One client after the other.
    private func serve() {
        listening.acceptAll { client in
            _ = Sockets.receive(client)
            switch behaviour {
            case .refuse(let state, let message):
                Sockets.send(Self.message("E", "SFATAL\0VFATAL\0C\(state)\0M\(message)\0Fauth.c\0L1\0Rauth_failed\0\0"), to: client)
            case .accept(let version, let encoding):
                let authenticated = Self.message("R", "\0\0\0\0")
                let parameters = Self.message("S", "server_version\0\(version)\0") + Self.message("S", "server_encoding\0\(encoding)\0")
                Sockets.send(authenticated + parameters + Self.message("K", "\0\0\0\u{1}\0\0\0\u{1}") + Self.message("Z", "I"), to: client)
                waitForHangUp(client)
            case .silence:
                waitForHangUp(client)
            case .trickle:
                Sockets.send(Self.message("E", String(repeating: " ", count: 20_000)).prefix(5), to: client)
                while Sockets.isQuiet(client, for: .milliseconds(20)) { Sockets.send([0x20], to: client) }
            }
            close(client)
        }
    }

    private func waitForHangUp(_ client: Int32) {
        while Sockets.receive(client) != nil {}
    }

    /// A message of the protocol: a letter, the length with itself, the contents.
    private static func message(_ letter: Character, _ contents: String) -> [UInt8] {
        let body = Array(contents.utf8)
        let length = withUnsafeBytes(of: UInt32(body.count + 4).bigEndian, Array.init)
        return [letter.asciiValue ?? 0] + length + body
    }
}

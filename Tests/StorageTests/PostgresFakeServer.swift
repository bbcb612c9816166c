import Foundation
import Storage

/// Speaks as much of PostgreSQL's protocol as it takes to refuse a client, or to let it in and tell it a version.
final class PostgresFakeServer: Sendable {
    enum Behaviour: Sendable {
        /// Answers the start-up message with an error of this SQLSTATE.
        case refuse(String, String)
        /// Lets the client in as a server of this version and encoding.
        case accept(version: String, encoding: String)
        /// Takes the connection and says nothing.
        case silence
    }

    let port: UInt16
    private let listening: Int32
    private let behaviour: Behaviour

    init(_ behaviour: Behaviour) throws {
        self.behaviour = behaviour
        (listening, port) = try Sockets.listen()
        Thread { self.serve() }.start()
    }

    var url: String { "postgres://somebody:hunter2@127.0.0.1:\(port)/somewhere?sslmode=disable&gssencmode=disable" }

    func stop() {
        Sockets.shut(listening)
        close(listening)
    }

    private func serve() {
        while true {
            guard let client = Sockets.accept(listening) else { return }
            _ = Sockets.receive(client)
            switch behaviour {
            case .refuse(let state, let message):
                Sockets.send(Self.message("E", "SFATAL\0VFATAL\0C\(state)\0M\(message)\0Fauth.c\0L1\0Rauth_failed\0\0"), to: client)
                Sockets.shut(client)
            case .accept(let version, let encoding):
                let authenticated = Self.message("R", "\0\0\0\0")
                let parameters = Self.message("S", "server_version\0\(version)\0") + Self.message("S", "server_encoding\0\(encoding)\0")
                Sockets.send(authenticated + parameters + Self.message("K", "\0\0\0\u{1}\0\0\0\u{1}") + Self.message("Z", "I"), to: client)
                // Until the client leaves.
                while Sockets.receive(client) != nil {}
            case .silence:
                while Sockets.receive(client) != nil {}
            }
        }
    }

    /// A message of the protocol: a letter, the length with itself, the contents.
    private static func message(_ letter: Character, _ contents: String) -> [UInt8] {
        let body = Array(contents.utf8)
        let length = withUnsafeBytes(of: UInt32(body.count + 4).bigEndian, Array.init)
        return [letter.asciiValue ?? 0] + length + body
    }
}

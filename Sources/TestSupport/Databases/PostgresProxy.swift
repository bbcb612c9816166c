import Foundation
import Storage
import Synchronization

/// Stands between libpq and the test server and breaks connections at chosen moments.
///
/// Listens on 127.0.0.1 and passes bytes to and from the server's unix socket with two threads per connection.
package final class PostgresProxy: Sendable {
    /// What becomes of a COMMIT.
    package enum CommitRule: Sendable {
        /// Nothing happens to it.
        case pass
        /// COMMIT reaches the server; the client's connection is cut when the answer comes.
        case loseAnswer
        /// COMMIT does not reach the server; both sides are cut.
        case loseCommit
        /// COMMIT does not reach the server, which goes on waiting for it; the client's side is cut.
        case strandServer
    }

    private struct State {
        var rule = CommitRule.pass
        var isRefusing = false
        /// Refuse from the next broken COMMIT on.
        var refusesAfterCommit = false
        var pairs: [Pair] = []
        var accepted = 0
    }

    private let listening: ListeningSocket
    private let upstream: String
    private let state = Mutex(State())

    /// The directory of the server's unix socket, nil when the test server is reached in another way.
    package static var socketDirectory: String? {
        guard let url = PostgresSchema.serverURL, let query = URLComponents(string: url)?.queryItems else { return nil }
        return query.first { $0.name == "host" }?.value.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    /// Starts to listen.
    package init() throws {
        guard let directory = Self.socketDirectory else { throw StorageError(.configuration, "the test server has no unix socket") }
        upstream = directory + "/.s.PGSQL.5432"
        listening = try ListeningSocket()
        start { $0.acceptAll() }
    }

    /// A URL through the proxy.
    package func url(schema: PostgresSchema) -> String {
        PostgresSchema.url("postgres://millrace@127.0.0.1:\(port)/millrace?sslmode=disable&gssencmode=disable", searchPath: schema.name)
    }

    /// Where it listens on 127.0.0.1.
    package var port: UInt16 { listening.port }

    /// What happens to the next COMMIT; the ones after it pass.
    package func breakNextCommit(_ rule: CommitRule, thenRefuse: Bool = false) {
        state.withLock { state in
            state.rule = rule
            state.refusesAfterCommit = thenRefuse
        }
    }

    /// Cuts every connection and accepts no other, as when the server is down.
    package func goDown() {
        let pairs = state.withLock { state in
            state.isRefusing = true
            return state.pairs
        }
        for pair in pairs { pair.cut() }
    }

    /// Accepts connections again.
    package func comeBack() { state.withLock { $0.isRefusing = false } }

    /// Cuts every connection; new ones are accepted.
    package func cutAll() {
        for pair in state.withLock({ $0.pairs }) { pair.cut() }
    }

    /// Connections accepted, also those that were refused at once.
    package var attempts: Int { state.withLock { $0.accepted } }

    /// Ends everything; it cannot be used any more.
    package func stop() {
        goDown()
        listening.stop()
    }

    // MARK: - Threads

    private func start(_ body: @escaping @Sendable (PostgresProxy) -> Void) {
        Thread { body(self) }.start()
    }

    private func acceptAll() {
        listening.acceptAll { client in
            let refuses = state.withLock { state in
                state.accepted += 1
                return state.isRefusing
            }
            guard !refuses, let server = Sockets.connect(unix: upstream) else {
                close(client)
                return
            }
            let pair = Pair(client: client, server: server)
            state.withLock { $0.pairs.append(pair) }
            start { $0.passRequests(pair) }
            start { $0.passAnswers(pair) }
        }
    }

    private func passRequests(_ pair: Pair) {
        let commit = Array("COMMIT\0".utf8)
        while let bytes = Sockets.receive(pair.client) {
            let rule = bytes.contains(commit) ? takeRule() : .pass
            switch rule {
            case .pass: Sockets.send(bytes, to: pair.server)
            case .loseAnswer:
                pair.answersAreLost.withLock { $0 = true }
                Sockets.send(bytes, to: pair.server)
            case .loseCommit: pair.cut()
            case .strandServer:
                Sockets.shut(pair.client)
                return
            }
        }
        pair.cut()
    }

    private func passAnswers(_ pair: Pair) {
        while let bytes = Sockets.receive(pair.server) {
            if pair.answersAreLost.withLock({ $0 }) { break }
            Sockets.send(bytes, to: pair.client)
        }
        pair.cut()
    }

    private func takeRule() -> CommitRule {
        state.withLock { state in
            let rule = state.rule
            state.rule = .pass
            if rule != .pass, state.refusesAfterCommit { state.isRefusing = true }
            return rule
        }
    }

    /// A client's connection and the server's that belongs to it. Descriptors are shut down but never closed, so that no
    /// thread meets another connection's.
    final class Pair: Sendable {
        let client: Int32
        let server: Int32
        let answersAreLost = Mutex(false)

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        func cut() {
            Sockets.shut(client)
            Sockets.shut(server)
        }
    }
}

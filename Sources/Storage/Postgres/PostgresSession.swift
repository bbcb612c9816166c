import CLibPQ
import Foundation

/// One connection to the server, used by the one thread that made it.
///
/// It works in libpq's pipeline mode, so that BEGIN, a statement's preparation and the statement itself share a round
/// trip. A session that failed with ``PostgresFailure/Kind/connectionLost`` is of no use any more: its owner drops it.
final class PostgresSession {
    /// What a round trip sends, in order.
    enum Message {
        /// A statement without parameters, parsed anew each time.
        case plain(String)
        case prepare(name: String, text: String, types: [Oid])
        case execute(name: String, PostgresParameters)
    }

    /// The answers up to the first failure; the messages after a failed one were not run.
    struct Reply {
        var results: [PostgresResult] = []
        var failure: PostgresFailure?
    }

    private let connection: OpaquePointer
    /// The server's process. Kept, because libpq forgets it with the connection.
    let backendPID: Int
    var statements = PostgresStatementCache()
    /// The server's state when this connection was made; nil when it was not asked or does not tell.
    private(set) var life: PostgresServerLife?
    /// Whether no transaction has used it. One that was used may have died since, while it was idle.
    var isFresh = true

    /// Takes over an open connection that is in no transaction.
    init(adopting connection: OpaquePointer) throws(PostgresFailure) {
        self.connection = connection
        backendPID = Int(PQbackendPID(connection))
        guard PQenterPipelineMode(connection) == 1 else { throw .brokenConnection }
    }

    deinit { PQfinish(connection) }

    /// Whether an idle connection may be used: an idle server has nothing to say, so anything that can be read is the
    /// end of the stream or a farewell. One poll(2), no round trip.
    var isQuiet: Bool {
        PQstatus(connection) == CONNECTION_OK && !PostgresSocket.wait(socket, for: POLLIN, timeout: .zero)
    }

    var socket: Int32 { PQsocket(connection) }
    var serverVersion: Int { Int(PQserverVersion(connection)) }

    /// What the server reported about itself: `server_version`, `server_encoding`.
    func parameterStatus(_ name: String) -> String {
        PQparameterStatus(connection, name).map { String(cString: $0) } ?? "unknown"
    }

    // MARK: - Round trips

    /// Sends `messages` and waits for the answers to all of them.
    func roundTrip(_ messages: [Message]) -> Reply {
        var reply = Reply()
        for message in messages where !send(message) {
            reply.failure = sendFailure()
            return reply
        }
        guard PQpipelineSync(connection) == 1 else {
            reply.failure = sendFailure()
            return reply
        }
        for _ in messages {
            guard let result = nextResult() else {
                // What was told before the end (a FATAL error's reason) says more than the end.
                if reply.failure == nil { reply.failure = .brokenConnection }
                return reply
            }
            if reply.failure != nil { continue }
            if result.succeeded {
                reply.results.append(result)
            } else {
                reply.failure = PostgresFailure(result, connectionUsable: isUsable)
            }
        }
        if !readSync(), reply.failure?.kind != .connectionLost { reply.failure = .brokenConnection }
        return reply
    }

    /// A statement outside of any transaction, or the like of ROLLBACK.
    @discardableResult
    func run(_ text: String) throws(PostgresFailure) -> PostgresResult {
        let reply = roundTrip([.plain(text)])
        if let failure = reply.failure { throw failure }
        guard let result = reply.results.first else { throw .brokenConnection }
        return result
    }

    /// Several statements in one text, for migrations.
    func script(_ text: String) throws(PostgresFailure) {
        // The protocol takes several statements at once only outside of pipeline mode.
        guard PQexitPipelineMode(connection) == 1, let pointer = PQexec(connection, text) else { throw sendFailure() }
        let result = PostgresResult(pointer)
        let failure = result.succeeded ? nil : PostgresFailure(result, connectionUsable: isUsable)
        let isBack = PQenterPipelineMode(connection) == 1
        if let failure, isBack || failure.kind == .connectionLost { throw failure }
        guard isBack else { throw .brokenConnection }
    }

    /// Forgets all prepared statements on both sides.
    func forgetStatements() throws(PostgresFailure) {
        statements.removeAll()
        try run("DEALLOCATE ALL")
    }

    /// Reads what has arrived and returns the payloads of notifications by channel. Needs no round trip.
    func takeNotifications() throws(PostgresFailure) -> [(channel: String, payload: String)] {
        let isOpen = PQconsumeInput(connection) == 1
        var notifications: [(String, String)] = []
        while let notification = PQnotifies(connection) {
            notifications.append((String(cString: notification.pointee.relname), String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
        guard isOpen, isUsable else { throw .brokenConnection }
        return notifications
    }

    /// Remembers ``life``, which a session needs that commits.
    func recordLife() { life = PostgresServerLife(self) }

    // MARK: - libpq

    private var isUsable: Bool { PQstatus(connection) == CONNECTION_OK }

    private func send(_ message: Message) -> Bool {
        switch message {
        case .plain(let text):
            PQsendQueryParams(connection, text, 0, nil, nil, nil, nil, 0) == 1
        case .prepare(let name, let text, let types):
            PQsendPrepare(connection, name, text, Int32(types.count), types) == 1
        case .execute(let name, let parameters):
            parameters.withPointers { values in
                PQsendQueryPrepared(connection, name, parameters.count, values, nil, nil, 0) == 1
            }
        }
    }

    /// The next message's result, nil when the connection ended. An answer is one result and a nil.
    private func nextResult() -> PostgresResult? {
        guard let pointer = PQgetResult(connection) else { return nil }
        let result = PostgresResult(pointer)
        while isUsable, let more = PQgetResult(connection) { PQclear(more) }
        return result
    }

    private func readSync() -> Bool {
        guard let pointer = PQgetResult(connection) else { return false }
        defer { PQclear(pointer) }
        return PQresultStatus(pointer) == PGRES_PIPELINE_SYNC
    }

    /// Sending fails when the connection broke, or on this side for want of memory or too many parameters.
    private func sendFailure() -> PostgresFailure {
        isUsable ? PostgresFailure(.permanent, StorageError(.other, "a statement could not be sent to PostgreSQL")) : .brokenConnection
    }
}

import CLibPQ
import Foundation

extension PostgresSession {
    /// Connects, waiting at most `settings.connectTimeout`.
    /// - Parameter isStopped: asked a few times a second; true gives up.
    /// - Throws: ``StorageError`` `.unavailable`, `.credentials` or `.configuration`, naming host and port, never the password.
    static func connect(_ settings: PostgresSettings, isStopped: () -> Bool) throws -> PostgresSession {
        let connection = try start(settings)
        do {
            try finish(connection, settings, isStopped: isStopped)
        } catch {
            PQfinish(connection)
            throw error
        }
        do {
            let session = try PostgresSession(adopting: connection)
            try session.requireSupport(settings)
            return session
        } catch let failure as PostgresFailure {
            throw failure.error
        }
    }

    private static func start(_ settings: PostgresSettings) throws -> OpaquePointer {
        // libpq copies these before it returns.
        let pairs = settings.parameters.map { (strdup($0.key), strdup($0.value)) }
        defer {
            for (keyword, value) in pairs {
                free(keyword)
                free(value)
            }
        }
        let keywords = pairs.map { UnsafePointer($0.0) } + [nil]
        let values = pairs.map { UnsafePointer($0.1) } + [nil]
        guard let connection = PQconnectStartParams(keywords, values, 0) else {
            throw StorageError(.unavailable, "no memory for a PostgreSQL connection")
        }
        // Notices would be printed to standard error otherwise.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
        // A failed attempt has no SQLSTATE field, but in this form its message begins with it.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        return connection
    }

    private static func finish(_ connection: OpaquePointer, _ settings: PostgresSettings, isStopped: () -> Bool) throws {
        let deadline = ContinuousClock.now + settings.connectTimeout
        var state = PGRES_POLLING_WRITING
        if PQstatus(connection) == CONNECTION_BAD { state = PGRES_POLLING_FAILED }
        while state != PGRES_POLLING_OK {
            guard state != PGRES_POLLING_FAILED else { throw refusal(connection, settings) }
            let events = state == PGRES_POLLING_WRITING ? POLLOUT : POLLIN
            let isReady = PostgresSocket.wait(PQsocket(connection), for: events, timeout: .milliseconds(200))
            if isStopped() { throw StorageError(.unavailable, "the database is closed") }
            if isReady { state = PQconnectPoll(connection) }
            // Also after an answer: a server that sends a little now and then would never come to the end.
            if state != PGRES_POLLING_OK, state != PGRES_POLLING_FAILED, ContinuousClock.now > deadline {
                throw StorageError(.unavailable, "PostgreSQL at \(settings) did not answer within \(settings.connectTimeout)")
            }
        }
    }

    private static func refusal(_ connection: OpaquePointer, _ settings: PostgresSettings) -> StorageError {
        let message = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
        let state = sqlState(in: message)
        let reason = message.split(separator: "\n")
            .filter { !$0.hasPrefix("LOCATION:") }
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .joined(separator: "; ")
        let code: StorageError.Code =
            switch state {
            case "42501": .credentials
            case let state?:
                switch StorageError.Code(sqlState: state) {
                case .credentials: .credentials
                case .unavailable: .unavailable
                default: .configuration
                }
            case nil: PQconnectionNeedsPassword(connection) == 1 ? .credentials : .unavailable
            }
        let told = reason.isEmpty ? "no reason was given" : reason
        switch code {
        case .credentials: return StorageError(code, "PostgreSQL refused the user, password or database of \(settings): \(told)")
        case .configuration: return StorageError(code, "PostgreSQL at \(settings) refused the connection: \(told)")
        default: return StorageError(code, "PostgreSQL at \(settings) cannot be reached: \(told)")
        }
    }

    /// The last SQLSTATE in a message of the verbose form, `FATAL:  28P01: password authentication failed …`: the last,
    /// because with a list of hosts each attempt adds its own.
    private static func sqlState(in message: String) -> String? {
        var found: String?
        for line in message.split(separator: "\n") {
            for part in line.components(separatedBy: ":  ").dropFirst() {
                let state = part.prefix { $0 != ":" }
                if state.utf8.count == 5, state.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) }) {
                    found = String(state)
                }
            }
        }
        return found
    }

    private func requireSupport(_ settings: PostgresSettings) throws {
        guard serverVersion >= 140_000 else {
            throw StorageError(
                .configuration,
                "PostgreSQL 14 or newer is needed; the server at \(settings) runs \(parameterStatus("server_version"))")
        }
        let encoding = parameterStatus("server_encoding")
        guard encoding == "UTF8" else {
            throw StorageError(.configuration, "the database at \(settings) is encoded in \(encoding); create it with ENCODING 'UTF8'")
        }
    }
}

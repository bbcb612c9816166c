/// What a statement or a connection attempt ended in, with what the transaction must do about it.
struct PostgresFailure: Error {
    enum Kind {
        /// The connection is gone. Unless COMMIT was under way, so is the transaction.
        case connectionLost
        /// Serialization failure or deadlock: the same closure may well succeed in a new transaction.
        case conflict
        /// The server forgot a prepared statement, or a migration changed what it returns: prepare again and rerun.
        case stalePlan
        /// The server accepts no writes, because another has become the primary: connect anew next time.
        case readOnlyServer
        /// Running it again would end the same way.
        case permanent
    }

    let kind: Kind
    /// Empty for an error that this side found.
    let sqlState: String
    let error: StorageError

    init(_ kind: Kind, sqlState: String = "", _ error: StorageError) {
        self.kind = kind
        self.sqlState = sqlState
        self.error = error
    }

    /// From an error result. The five letters of SQLSTATE decide; see appendix A of the PostgreSQL manual.
    init(_ result: PostgresResult, connectionUsable: Bool) {
        let state = result.errorField(.sqlState) ?? ""
        // After a FATAL error the server hangs up, which this side may not have read yet. An error without a state is
        // libpq's own: the stream broke.
        let severity = result.errorField(.severity) ?? ""
        let isLost = !connectionUsable || state.isEmpty || severity == "FATAL" || severity == "PANIC"
        let code = StorageError.Code(sqlState: state)
        let kind: Kind =
            switch state {
            case _ where isLost: .connectionLost
            case "40001", "40P01": .conflict
            case "0A000", "26000", "42P05": .stalePlan
            case "25006": .readOnlyServer
            default: .permanent
            }
        let effective = isLost && code == .other ? StorageError.Code.unavailable : code
        self.init(kind, sqlState: state, StorageError(effective, Self.message(result, state: state)))
    }

    /// The connection broke without the server saying why.
    static let brokenConnection = PostgresFailure(.connectionLost, StorageError(.unavailable, "the connection to PostgreSQL was lost"))

    /// The primary message and SQLSTATE. Detail and hint may quote a row's values, and so may the primary messages of
    /// class 22 (data exceptions), of which only the state is told.
    private static func message(_ result: PostgresResult, state: String) -> String {
        if state.hasPrefix("22") { return "a value was refused (SQLSTATE \(state))" }
        guard let primary = result.errorField(.primaryMessage) else { return "the connection to PostgreSQL was lost" }
        return state.isEmpty ? primary : "\(primary) (SQLSTATE \(state))"
    }
}

extension StorageError.Code {
    /// The kind that a SQLSTATE belongs to.
    init(sqlState: String) {
        self =
            switch sqlState {
            case "57P01", "57P02", "57P03", "57P05", "53300", "25P03": .unavailable
            case "40001", "40P01": .conflict
            case "55P03", "57014": .busy
            case "53100": .diskFull
            case "25006": .readOnly
            case "3D000": .credentials
            case "XX001", "XX002": .corrupt
            case let state where state.hasPrefix("08"): .unavailable
            case let state where state.hasPrefix("28"): .credentials
            case let state where state.hasPrefix("23"): .constraint
            case let state where state.hasPrefix("58"): .ioError
            default: .other
            }
    }
}

/// PostgreSQL's side of ``Connection``: one transaction on one session, begun with its first statement.
///
/// After a failed statement the server refuses all others, so a closure that caught the error gets it again from the next
/// call, and the transaction does not commit.
final class PostgresConnection: Connection {
    enum Mode {
        /// One snapshot for all statements.
        case read
        case write

        var begin: String {
            switch self {
            case .read: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            case .write: "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
            }
        }
    }

    let dialect = Dialect.postgres
    let mode: Mode
    private let session: PostgresSession
    /// False before the first statement: there is nothing to end yet.
    private(set) var hasBegun = false
    /// The first failed statement.
    private(set) var failure: PostgresFailure?
    /// The transaction's id as soon as it has one (the server assigns it with the first row locked or written). Asked
    /// along with the statements, so that it is known when the answer to COMMIT is lost.
    private(set) var transactionID: String?
    private var isOver = false

    init(_ session: PostgresSession, mode: Mode) {
        self.session = session
        self.mode = mode
    }

    /// Nothing more is accepted; called when the closure has returned.
    func end() { isOver = true }

    func execute(_ sql: SQL) throws -> Int {
        try run(RenderedSQL(sql, dialect: .postgres)).changedRows
    }

    func rows<T>(_ sql: SQL, _ decode: (Row) throws -> T) throws -> [T] {
        let result = try run(RenderedSQL(sql, dialect: .postgres))
        var decoded: [T] = []
        decoded.reserveCapacity(result.rowCount)
        for index in 0..<result.rowCount { decoded.append(try result.read(row: index, decode)) }
        return decoded
    }

    func forEach(_ set: RowSet, _ sql: SQL) throws -> Int {
        set.isEmpty ? 0 : try execute(sql)
    }

    func allocateIDs(_ count: Int) throws -> [Int64] {
        guard count > 0 else { return [] }
        let ids = try rows("SELECT nextval('millrace_ids') FROM generate_series(1, \(count))") { $0.int(0) }
        // The server promises no order of the rows.
        return ids.sorted()
    }

    func executeScript(_ trustedText: String) throws {
        try requireOpen()
        if !hasBegun { try send([]) }
        do {
            // An index on a large table takes longer than a statement may otherwise.
            try session.script("SET LOCAL statement_timeout = 0;\n" + trustedText)
        } catch {
            throw record(error)
        }
        // What the script wrote is known only through the transaction's id.
        try send([])
    }

    // MARK: - Statements

    private func run(_ rendered: RenderedSQL) throws -> PostgresResult {
        try requireOpen()
        guard let result = try send([Statement(rendered.text, PostgresParameters(rendered.parameters))]) else {
            throw record(.brokenConnection)
        }
        return result
    }

    private struct Statement {
        let key: PostgresStatementCache.Key
        let parameters: PostgresParameters

        init(_ text: String, _ parameters: PostgresParameters = PostgresParameters()) {
            key = PostgresStatementCache.Key(text: text, types: parameters.types)
            self.parameters = parameters
        }
    }

    private static let askTransactionID = Statement("SELECT pg_current_xact_id_if_assigned()")

    /// Sends BEGIN if that is still to be done, then `statements`, then the question for the transaction's id while it
    /// is open, all in one round trip.
    /// - Returns: the result of the last statement, nil when there was none.
    @discardableResult
    private func send(_ statements: [Statement]) throws -> PostgresResult? {
        var messages: [PostgresSession.Message] = []
        if !hasBegun { messages.append(.plain(mode.begin)) }
        let asksForID = mode == .write && transactionID == nil
        var prepared: [(index: Int, key: PostgresStatementCache.Key, name: String)] = []
        for statement in asksForID ? statements + [Self.askTransactionID] : statements {
            if let name = session.statements.name(for: statement.key) {
                messages.append(.execute(name: name, statement.parameters))
            } else {
                let name = session.statements.newName()
                prepared.append((messages.count, statement.key, name))
                messages.append(.prepare(name: name, text: statement.key.text, types: statement.key.types))
                messages.append(.execute(name: name, statement.parameters))
            }
        }
        let reply = session.roundTrip(messages)
        hasBegun = hasBegun || !reply.results.isEmpty
        for statement in prepared where statement.index < reply.results.count {
            session.statements.insert(statement.key, name: statement.name)
        }
        if let failure = reply.failure { throw record(failure) }
        var results = reply.results
        if asksForID { transactionID = results.popLast()?.read(row: 0) { $0.textOrNil(0) } }
        // The question may have been prepared in this round trip as well, whose answer is no statement's.
        if asksForID, prepared.last?.key.text == Self.askTransactionID.key.text { results.removeLast() }
        return statements.isEmpty ? nil : results.last
    }

    private func requireOpen() throws {
        if isOver { throw StorageError(.other, "a connection was used after its transaction had ended") }
        if let failure { throw failure.error }
    }

    private func record(_ failure: PostgresFailure) -> StorageError {
        self.failure = failure
        return failure.error
    }
}

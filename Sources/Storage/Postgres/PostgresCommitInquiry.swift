/// Asks a server what became of a transaction whose COMMIT was not answered.
///
/// `aborted` is always true: an id whose commit is on the disk is never given out again. `committed` is true if the id is
/// still that of our transaction, which ``PostgresServerLife`` tells.
struct PostgresCommitInquiry {
    enum Answer {
        case committed
        /// Rolled back, or lost in a crash before it was durable.
        case aborted
        /// Still in progress.
        case askAgain(after: Duration)
        case connectionLost
        case unknown
    }

    private let transactionID: String
    private let lost: PostgresSession
    private var asked = 0

    /// - Parameter lost: the session on which COMMIT was sent.
    init(transactionID: String, lost: PostgresSession) {
        self.transactionID = transactionID
        self.lost = lost
    }

    static let unknown = StorageError(
        .outcomeUnknown, "the connection to PostgreSQL was lost during COMMIT and the server could not be asked whether it was done")

    /// Asks once.
    mutating func ask(_ session: PostgresSession) -> Answer {
        let connection = PostgresConnection(session, mode: .read)
        do {
            let status = try connection.row("SELECT pg_xact_status(CAST(\(transactionID) AS xid8))") { $0.textOrNil(0) } ?? nil
            let answer = answer(to: status, session)
            if case .askAgain = answer, asked == 3 { try endProcess(connection) }
            try session.run("ROLLBACK")
            return answer
        } catch {
            guard let failure = connection.failure, failure.kind != .connectionLost else { return .connectionLost }
            return failure.sqlState == Self.idNotGivenOut ? .aborted : .unknown
        }
    }

    /// "Transaction ID is in the future": nothing of it had reached the disk when the server crashed.
    private static let idNotGivenOut = "22023"

    private mutating func answer(to status: String?, _ session: PostgresSession) -> Answer {
        switch status {
        case "committed":
            guard let id = UInt64(transactionID), let former = lost.life, let life = PostgresServerLife(session) else { return .unknown }
            return life.verdict(onCommitted: id, since: former)
        case "aborted": return .aborted
        case "in progress":
            asked += 1
            return .askAgain(after: .milliseconds(20 * asked))
        // NULL: too long ago to be remembered.
        default: return .unknown
        }
    }

    /// The server's process may wait for its client until TCP gives up. Told to go, it ends the transaction one way or
    /// the other: a commit that has begun is not interrupted.
    private func endProcess(_ connection: PostgresConnection) throws {
        _ = try connection.rows(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE pid = \(lost.backendPID) AND backend_xid = CAST(CAST(\(transactionID) AS xid8) AS xid)
            """
        ) { _ in }
    }
}

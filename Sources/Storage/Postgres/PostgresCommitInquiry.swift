import Foundation

/// Asks a server what became of a transaction whose COMMIT was not answered.
///
/// The server knows every transaction of the last weeks by its id. It does not help after a failover to a server that
/// had not received the transaction (asynchronous replication): there an acknowledged one can be missing as well.
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

    let transactionID: String
    let backendPID: Int
    private var asked = 0

    init(transactionID: String, backendPID: Int) {
        self.transactionID = transactionID
        self.backendPID = backendPID
    }

    static let unknown = StorageError(
        .outcomeUnknown, "the connection to PostgreSQL was lost during COMMIT and the server could not be asked whether it was done")

    mutating func ask(_ session: PostgresSession) -> Answer {
        let connection = PostgresConnection(session, mode: .read)
        do {
            let status = try connection.row("SELECT pg_xact_status(CAST(\(transactionID) AS xid8))") { $0.textOrNil(0) } ?? nil
            let answer = answer(to: status)
            if case .askAgain = answer, asked == 3 {
                // Its process may wait for a client that is gone until TCP gives up. It ends the transaction either way
                // when told to go: a commit that has begun is not interrupted.
                _ = try connection.rows(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE pid = \(backendPID) AND backend_xid = CAST(CAST(\(transactionID) AS xid8) AS xid)
                    """
                ) { _ in }
            }
            try session.run("ROLLBACK")
            return answer
        } catch {
            if let failure = connection.failure, failure.kind != .connectionLost { return .unknown }
            return .connectionLost
        }
    }

    private mutating func answer(to status: String?) -> Answer {
        switch status {
        case "committed": return .committed
        case "aborted": return .aborted
        case "in progress":
            asked += 1
            return .askAgain(after: .milliseconds(20 * asked))
        // NULL: too long ago to be remembered.
        default: return .unknown
        }
    }
}

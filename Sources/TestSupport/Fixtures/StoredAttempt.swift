package import Storage
package import TaskEngine

/// One row of a task's history.
package struct StoredAttempt: Sendable, Equatable {
    /// Column `claim`: with the task it is the key.
    package var claim: Int64
    /// Column `attempt`, from 1.
    package var attempt: Int
    /// Column `worker`: who made it.
    package var worker: Int64
    /// Column `started_at`, microseconds.
    package var startedAt: Int64
    /// Column `finished_at`, microseconds.
    package var finishedAt: Int64
    /// Column `outcome`.
    package var outcome: AttemptOutcome
    /// Column `error_code`; nil without an error.
    package var errorCode: String?
    /// Column `error_message`; nil without an error.
    package var errorMessage: String?

    package init(
        claim: Int64, attempt: Int, worker: Int64, startedAt: Int64, finishedAt: Int64, outcome: AttemptOutcome, errorCode: String? = nil,
        errorMessage: String? = nil
    ) {
        self.claim = claim
        self.attempt = attempt
        self.worker = worker
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.outcome = outcome
        self.errorCode = errorCode
        self.errorMessage = errorMessage
    }

    /// The history of task `id`, oldest first.
    package static func read(task id: Int64, on connection: any Connection) throws -> [StoredAttempt] {
        try connection.rows(
            """
            SELECT claim, attempt, worker, started_at, finished_at, outcome, error_code, error_message
            FROM attempts WHERE task_id = \(id) ORDER BY claim
            """
        ) { row in
            guard let outcome = AttemptOutcome(rawValue: row.text(5)) else {
                throw StorageError(.corrupt, "unknown outcome \(row.text(5))")
            }
            return StoredAttempt(
                claim: row.int(0), attempt: Int(row.int(1)), worker: row.int(2), startedAt: row.int(3), finishedAt: row.int(4),
                outcome: outcome, errorCode: row.textOrNil(6), errorMessage: row.textOrNil(7))
        }
    }
}

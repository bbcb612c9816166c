import Storage

/// One line of a task's history.
struct AttemptRow {
    let taskID: Int64
    let claim: Int64
    let attempt: Int
    let worker: Int64
    let startedAt: Int64
    let outcome: AttemptOutcome
    let error: TaskError?

    init(taskID: Int64, claim: Int64, attempt: Int, worker: Int64, startedAt: Int64, outcome: AttemptOutcome, error: TaskError?) {
        self.taskID = taskID
        self.claim = claim
        self.attempt = attempt
        self.worker = worker
        self.startedAt = startedAt
        self.outcome = outcome
        self.error = error
    }

    init(task: ClaimedTask, outcome: AttemptOutcome, error: TaskError?) {
        self.init(
            taskID: task.id, claim: task.claim, attempt: task.attempt, worker: task.worker, startedAt: task.startedAt, outcome: outcome,
            error: error)
    }

    /// Inserts the rows with `now` as the time they finished.
    static func insert(_ attempts: [AttemptRow], now: Int64, on connection: any Connection) throws {
        var rows = RowSet(
            [
                .bigint("task_id"), .bigint("claim"), .bigint("attempt"), .bigint("worker"), .bigint("started_at"), .text("outcome"),
                .text("error_code"), .text("error_message"),
            ], capacity: attempts.count)
        for attempt in attempts {
            rows.append([
                .int(attempt.taskID), .int(attempt.claim), .int(Int64(attempt.attempt)), .int(attempt.worker), .int(attempt.startedAt),
                .text(attempt.outcome.rawValue), .text(attempt.error?.code), .text(attempt.error?.message),
            ])
        }
        try connection.forEach(
            rows,
            """
            INSERT INTO attempts (task_id, claim, attempt, worker, started_at, finished_at, outcome, error_code, error_message)
            SELECT r.task_id, r.claim, r.attempt, r.worker, r.started_at, \(now), r.outcome, r.error_code, r.error_message
            FROM \(rows, as: "r")
            """)
    }
}

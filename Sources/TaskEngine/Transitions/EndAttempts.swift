package import Storage

/// Records attempts that did not succeed: `fail` (again later, or for good), `cancel` of running work, and `release`
/// (snoozed or interrupted, uncounted). One statement for a mixed batch.
///
/// Before the commit the tasks are running and would be rescued; after it each has exactly one owner of its next step: a
/// timer, a queue, or nobody because it is terminal. An ending whose fence no longer matches changes nothing. If a
/// cancellation was committed first it wins over every ending but success.
package enum EndAttempts {
    /// What becomes of the task.
    package enum Next: Sendable, Equatable {
        /// Tried again at this time; the attempt counts.
        case retry(at: Int64)
        /// The dead letter; the attempt counts.
        case fail
        /// The attempt counts.
        case cancel
        /// Ready again at this time; the attempt does not count.
        case release(at: Int64)
    }

    /// One attempt that ended.
    package struct Ending: Sendable {
        /// The claim it held.
        package let task: ClaimedTask
        /// What becomes of the task.
        package let next: Next
        /// The history's word; nil writes no history (a snooze may happen a thousand times).
        package let outcome: AttemptOutcome?
        /// Kept with the attempt and the task; nil for endings that are no failure.
        package let error: TaskError?

        package init(task: ClaimedTask, next: Next, outcome: AttemptOutcome?, error: TaskError?) {
            self.task = task
            self.next = next
            self.outcome = outcome
            self.error = error
        }
    }

    /// - Returns: the changes of those that were accepted.
    package static func end(_ endings: [Ending], now: Int64, on connection: any Connection) throws -> [TaskChange] {
        guard !endings.isEmpty else { return [] }
        let settled = try update(endings, now: now, connection)
        // By claim, not by task: a batch may hold the answers of two claims of one task, and only the later one counts.
        let accepted = Dictionary(settled.map { ($0.claim, $0.change.state) }, uniquingKeysWith: { first, _ in first })
        let history = endings.compactMap { ending -> AttemptRow? in
            guard let state = accepted[SettledClaim.Key(ending.task)] else { return nil }
            // What was released or retried but had been cancelled meanwhile ends here: this attempt is its last.
            guard let outcome = state == .cancelled ? .cancelled : ending.outcome else { return nil }
            return AttemptRow(task: ending.task, outcome: outcome, error: ending.error)
        }
        try AttemptRow.insert(history, now: now, on: connection)
        return settled.map(\.change)
    }

    private static func update(_ endings: [Ending], now: Int64, _ connection: any Connection) throws -> [SettledClaim] {
        var rows = RowSet(
            [
                .bigint("id"), .bigint("claim"), .bigint("worker"), .text("state"), .bigint("ready_at"), .bigint("finished_at"),
                .bigint("uncounted"), .text("error_code"), .text("error_message"),
            ], capacity: endings.count)
        for ending in endings {
            let (state, readyAt, uncounted) = columns(ending.next, now: now)
            rows.append([
                .int(ending.task.id), .int(ending.task.claim), .int(ending.task.worker), .text(state.rawValue), .int(readyAt),
                .int(state.isTerminal ? now : nil), .int(uncounted ? 1 : 0), .text(ending.error?.code), .text(ending.error?.message),
            ])
        }
        return try connection.rows(
            """
            UPDATE tasks
            SET state = CASE WHEN tasks.cancel_requested_at IS NULL THEN r.state ELSE 'cancelled' END,
                finished_at = CASE WHEN tasks.cancel_requested_at IS NULL THEN r.finished_at ELSE \(now) END,
                ready_at = COALESCE(r.ready_at, tasks.ready_at), worker = NULL,
                attempt = CASE WHEN tasks.cancel_requested_at IS NULL THEN tasks.attempt - r.uncounted ELSE tasks.attempt END,
                version = tasks.version + 1, error_code = r.error_code, error_message = r.error_message
            FROM \(rows, as: "r")
            WHERE tasks.id = r.id AND tasks.claim = r.claim AND \(plainColumn: "tasks.worker") = r.worker
            RETURNING \(fragment: SettledClaim.columns)
            """, SettledClaim.init)
    }

    private static func columns(_ next: Next, now: Int64) -> (TaskState, readyAt: Int64?, uncounted: Bool) {
        switch next {
        case .retry(let time): (time > now ? .scheduled : .queued, time, false)
        case .fail: (.failed, nil, false)
        case .cancel: (.cancelled, nil, false)
        case .release(let time): (time > now ? .scheduled : .queued, time, true)
        }
    }
}

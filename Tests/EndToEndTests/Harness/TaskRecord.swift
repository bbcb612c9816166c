import Storage

/// A task and its history as they stand in the database, in the words of the database.
struct TaskRecord: Sendable {
    let state: String
    let attempt: Int64
    let lost: Int64
    let worker: Int64?
    /// Outcomes of its recorded attempts, oldest first. A success at the first attempt is not recorded.
    let outcomes: [String]
}

extension MillraceSite {
    /// Reads a task beside the running processes, or after them.
    func record(of task: Int64) async throws -> TaskRecord {
        let found = try await look { database in
            try await database.read { connection in
                let outcomes = try connection.rows("SELECT outcome FROM attempts WHERE task_id = \(task) ORDER BY claim") { $0.text(0) }
                return try connection.row("SELECT state, attempt, lost, worker FROM tasks WHERE id = \(task)") { row in
                    TaskRecord(
                        state: row.text(0), attempt: row.int(1), lost: row.int(2), worker: row.intOrNil(3), outcomes: outcomes)
                }
            }
        }
        guard let found else { throw HarnessError("task \(task) is not in the database") }
        return found
    }

    /// How many of `tasks` are in each state; "missing" for those without a row.
    func states(of tasks: Set<Int64>) async throws -> [String: Int] {
        let ends = try await look { try await $0.taskEnds() }
        return Dictionary(grouping: tasks) { ends[$0]?.state ?? "missing" }.mapValues(\.count)
    }
}

extension Database {
    /// Every task, and how it ended if it has.
    func taskEnds() async throws -> [Int64: TaskEnd] {
        let rows = try await read { connection in
            try connection.rows("SELECT id, state, lost, claim, finished_at FROM tasks") { row in
                (row.int(0), TaskEnd(state: row.text(1), lost: row.int(2), claim: row.int(3), finishedAt: row.intOrNil(4)))
            }
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Tasks that have not ended.
    func unfinishedTasks() async throws -> Int64 {
        try await read { connection in
            try connection.row("SELECT COUNT(*) FROM tasks WHERE finished_at IS NULL") { $0.int(0) } ?? 0
        }
    }

    /// Tasks with more than one recorded success.
    func doubleSuccesses() async throws -> Int64 {
        try await read { connection in
            try connection.row(
                """
                SELECT COUNT(*) FROM (
                    SELECT task_id FROM attempts WHERE outcome = 'succeeded' GROUP BY task_id HAVING COUNT(*) > 1) AS twice
                """
            ) { $0.int(0) } ?? 0
        }
    }

    /// Acknowledged uploads without a complete run of as many stanzas as they hold, unless somebody asked for its cancellation.
    func unreadUploads(_ ledger: Ledger) async throws -> [String] {
        let runs = try await read { connection in
            // As clients see it: what a cancelled attempt left is settled by a sweep, later.
            try connection.rows(
                """
                SELECT r.id, CASE WHEN t.state = 'cancelled' AND r.status <> 'complete' THEN 'cancelled' ELSE r.status END, r.stanza_count
                FROM runs AS r LEFT JOIN tasks AS t ON t.id = r.task_id
                """
            ) { ($0.int(0), (status: $0.text(1), stanzas: $0.int(2))) }
        }
        let found = Dictionary(uniqueKeysWithValues: runs)
        return ledger.uploads.compactMap { upload in
            guard let run = found[upload.run] else { return "run \(upload.run) was acknowledged and is not there" }
            if run.status == "cancelled", ledger.mayBeCancelled(upload.task) { return nil }
            guard run.status == "complete", run.stanzas == upload.stanzas else {
                return "run \(upload.run) is \(run.status) with \(run.stanzas) of \(upload.stanzas) stanzas"
            }
            return nil
        }
    }
}

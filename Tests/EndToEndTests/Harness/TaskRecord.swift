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
        let rows = try await look { try await $0.read { try $0.rows("SELECT id, state FROM tasks") { ($0.int(0), $0.text(1)) } } }
        let states = Dictionary(uniqueKeysWithValues: rows)
        return Dictionary(grouping: tasks) { states[$0] ?? "missing" }.mapValues(\.count)
    }

    /// Tasks with more than one recorded success.
    func doubleSuccesses() async throws -> Int64 {
        try await look { database in
            try await database.read { connection in
                try connection.row(
                    """
                    SELECT COUNT(*) FROM (
                        SELECT task_id FROM attempts WHERE outcome = 'succeeded' GROUP BY task_id HAVING COUNT(*) > 1) AS twice
                    """
                ) { $0.int(0) } ?? 0
            }
        }
    }
}

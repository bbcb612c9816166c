import Storage

/// Rows that belong to a task which is not there.
enum OrphanChecks {
    /// Tables whose rows hang on a task.
    enum Table: String, CaseIterable {
        case payloads = "task_payloads"
        case results = "task_results"
        case attempts = "attempts"
        case progress = "task_progress"
        case logs = "task_logs"
    }

    /// Ids of tasks that are gone and still have rows in `table`, among `range`.
    static func look(_ range: ClosedRange<Int64>, in table: Table, on connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT DISTINCT c.task_id FROM \(fragment: name(table)) AS c LEFT JOIN tasks AS t ON t.id = c.task_id
            WHERE c.task_id >= \(range.lowerBound) AND c.task_id <= \(range.upperBound) AND t.id IS NULL ORDER BY c.task_id
            """
        ) { row in
            Finding(
                .orphan, task: row.int(0), "\(table.rawValue) has rows of task \(row.int(0)), which does not exist",
                repair:
                    "DELETE FROM \(table.rawValue) WHERE task_id = \(row.int(0)) AND NOT EXISTS (SELECT 1 FROM tasks WHERE id = \(row.int(0)))"
            )
        }
    }

    private static func name(_ table: Table) -> SQL {
        switch table {
        case .payloads: "task_payloads"
        case .results: "task_results"
        case .attempts: "attempts"
        case .progress: "task_progress"
        case .logs: "task_logs"
        }
    }
}

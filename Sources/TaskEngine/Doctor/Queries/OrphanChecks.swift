import Storage

/// Rows that belong to a task which is not there, or which does not fit them.
enum OrphanChecks {
    /// Tables whose rows hang on a task.
    enum Table: String, CaseIterable {
        case payloads = "task_payloads"
        case results = "task_results"
        case attempts = "attempts"
        case progress = "task_progress"
        case logs = "task_logs"
        case labels = "task_labels"
    }

    /// What is wrong with the rows of `table` that name tasks in `range`.
    static func look(_ range: ClosedRange<Int64>, in table: Table, on connection: any Connection) throws -> [Finding] {
        switch table {
        case .payloads, .attempts, .logs, .labels: try orphans(range, table, connection)
        case .results: try results(range, connection)
        case .progress: try progress(range, connection)
        }
    }

    /// The subquery has no index to be hashed from: each row is a seek, and no slice reads a table from end to end.
    private static func orphans(_ range: ClosedRange<Int64>, _ table: Table, _ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT c.task_id FROM (
                SELECT DISTINCT x.task_id FROM \(fragment: name(table)) AS x
                WHERE x.task_id >= \(range.lowerBound) AND x.task_id <= \(range.upperBound)) AS c
            WHERE (SELECT 1 FROM tasks AS t WHERE t.id = c.task_id) IS NULL ORDER BY c.task_id
            """
        ) { orphan($0.int(0), table) }
    }

    private static func results(_ range: ClosedRange<Int64>, _ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT s.task_id, s.state FROM (
                SELECT x.task_id, (SELECT t.state FROM tasks AS t WHERE t.id = x.task_id) AS state FROM task_results AS x
                WHERE x.task_id >= \(range.lowerBound) AND x.task_id <= \(range.upperBound)) AS s
            WHERE s.state IS NULL OR s.state <> 'succeeded' ORDER BY s.task_id
            """
        ) { row in
            guard let state = row.textOrNil(1) else { return orphan(row.int(0), .results) }
            return Finding(
                .resultDisagrees, task: row.int(0), "task \(row.int(0)) has a result and is \(state)",
                repair: "DELETE FROM task_results WHERE task_id = \(row.int(0))")
        }
    }

    private static func progress(_ range: ClosedRange<Int64>, _ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT s.task_id, s.reached FROM (
                SELECT x.task_id, x.claim, (SELECT t.claim FROM tasks AS t WHERE t.id = x.task_id) AS reached FROM task_progress AS x
                WHERE x.task_id >= \(range.lowerBound) AND x.task_id <= \(range.upperBound)) AS s
            WHERE s.reached IS NULL OR s.reached < s.claim ORDER BY s.task_id
            """
        ) { row in
            guard row.intOrNil(1) != nil else { return orphan(row.int(0), .progress) }
            return Finding(
                .resultDisagrees, task: row.int(0), "task \(row.int(0)) has progress of a claim that it has not reached",
                repair: "DELETE FROM task_progress WHERE task_id = \(row.int(0))")
        }
    }

    private static func orphan(_ task: Int64, _ table: Table) -> Finding {
        Finding(
            .orphan, task: task, "\(table.rawValue) has rows of task \(task), which does not exist",
            repair: "DELETE FROM \(table.rawValue) WHERE task_id = \(task) AND NOT EXISTS (SELECT 1 FROM tasks WHERE id = \(task))")
    }

    private static func name(_ table: Table) -> SQL {
        switch table {
        case .payloads: "task_payloads"
        case .results: "task_results"
        case .attempts: "attempts"
        case .progress: "task_progress"
        case .logs: "task_logs"
        case .labels: "task_labels"
        }
    }
}

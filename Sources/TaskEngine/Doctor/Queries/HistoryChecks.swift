import Storage

/// What must hold between tasks and their history.
enum HistoryChecks {
    /// - Parameter range: the tasks to look at.
    static func look(_ range: ClosedRange<Int64>, on connection: any Connection) throws -> [Finding] {
        try disagreements(range, connection) + omissions(range, connection)
    }

    /// A success is final but for a redrive, which refuses succeeded tasks: so there is one at most.
    private static func disagreements(_ range: ClosedRange<Int64>, _ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT t.id FROM tasks AS t JOIN (
                SELECT a.task_id, MAX(a.claim) AS last_claim, MAX(a.attempt) AS last_attempt,
                    SUM(CASE a.outcome WHEN 'succeeded' THEN 1 ELSE 0 END) AS successes
                FROM attempts AS a WHERE a.task_id >= \(range.lowerBound) AND a.task_id <= \(range.upperBound)
                GROUP BY a.task_id) AS h ON h.task_id = t.id
            WHERE h.successes > 1 OR h.last_claim > t.claim OR h.last_attempt > t.claim OR (h.successes = 1 AND t.state <> 'succeeded')
            ORDER BY t.id
            """
        ) { row in
            Finding(
                .historyDisagrees, task: row.int(0),
                "the history of task \(row.int(0)) tells of claims or successes that the task does not know",
                repair: "-- compare: SELECT * FROM attempts WHERE task_id = \(row.int(0)) ORDER BY claim")
        }
    }

    /// Only a success at the first attempt is told by the task alone.
    private static func omissions(_ range: ClosedRange<Int64>, _ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT t.id, t.state FROM tasks AS t
            WHERE t.id >= \(range.lowerBound) AND t.id <= \(range.upperBound)
                AND (t.state = 'failed' OR (t.state = 'succeeded' AND t.attempt > 1))
                AND NOT EXISTS (SELECT 1 FROM attempts AS a WHERE a.task_id = t.id AND a.claim = t.claim)
            ORDER BY t.id
            """
        ) { row in
            Finding(
                .historyMissing, task: row.int(0), "task \(row.int(0)) has \(row.text(1)), and its history lacks the attempt",
                repair: "-- the outcome stands in the task itself: SELECT * FROM tasks WHERE id = \(row.int(0))")
        }
    }
}

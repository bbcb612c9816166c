import Storage

/// What must hold between tasks and their history.
enum HistoryChecks {
    /// A success is final but for a redrive, which refuses succeeded tasks: so there is one at most. Losses since the last redrive
    /// are counted in the task as well.
    /// - Parameter range: the tasks to look at.
    static func look(_ range: ClosedRange<Int64>, on connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT t.id FROM (
                SELECT a.task_id, MAX(a.claim) AS last_claim, MAX(a.attempt) AS last_attempt,
                    SUM(CASE a.outcome WHEN 'succeeded' THEN 1 ELSE 0 END) AS successes,
                    SUM(CASE a.outcome WHEN 'lost' THEN 1 ELSE 0 END) AS losses
                FROM attempts AS a WHERE a.task_id >= \(range.lowerBound) AND a.task_id <= \(range.upperBound)
                GROUP BY a.task_id) AS h \(sqlite: "CROSS JOIN", postgres: "JOIN") tasks AS t ON t.id = h.task_id
            WHERE h.successes > 1 OR h.last_claim > t.claim OR h.last_attempt > t.claim OR (h.successes = 1 AND t.state <> 'succeeded')
                OR (h.losses > 0 AND t.lost <> (
                    SELECT COUNT(*) FROM attempts AS l WHERE l.task_id = t.id AND l.outcome = 'lost' AND l.attempt > t.attempt_base))
            ORDER BY t.id
            """
        ) { row in
            Finding(
                .historyDisagrees, task: row.int(0),
                "the history of task \(row.int(0)) tells of claims, successes or losses that the task does not know",
                repair: "-- compare: SELECT * FROM attempts WHERE task_id = \(row.int(0)) ORDER BY claim")
        }
    }
}

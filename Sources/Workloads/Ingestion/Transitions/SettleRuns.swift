import Storage

/// Copies how tasks ended into runs that do not say it themselves, so that it is known when the task's row has expired.
///
/// Nobody waits for this: until then the same is derived from the task. The pruner does it too, in the transaction that deletes
/// tasks, so that no task goes before its run knows how it ended.
enum SettleRuns {
    static func settle(on connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE runs
            SET status = CASE t.state WHEN 'failed' THEN 'failed' ELSE 'cancelled' END, finished_at = t.finished_at,
                error_code = t.error_code, error_message = t.error_message
            FROM tasks AS t
            WHERE runs.status IN ('stored', 'parsing', 'normalized') AND t.id = runs.task_id
                AND t.state IN ('failed', 'cancelled', 'skipped')
            """)
    }
}

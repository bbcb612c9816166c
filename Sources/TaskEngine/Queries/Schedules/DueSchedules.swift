import Storage

/// What whoever keeps the schedules' timers looks at: two seeks, whatever there is.
enum DueSchedules {
    struct Outlook: Sendable {
        /// When the next schedule is due, microseconds since 1970; nil when none ever is.
        var nextDue: Int64?
        /// The tasks that due times wait for.
        var awaitedTasks: [Int64]
        /// Whether one of those that wait could go on now.
        var canGoOn: Bool
        /// Whether any due time waits, be it for a task or a run.
        var anyWaits: Bool
    }

    /// Most waiting schedules that are looked at; more are looked at when these have gone on.
    static let mostWaiting = 1000

    static func outlook(on connection: any Connection) throws -> Outlook {
        let next = try connection.row("SELECT s.next_at FROM schedules AS s WHERE s.next_at IS NOT NULL ORDER BY s.next_at, s.id LIMIT 1") {
            $0.int(0)
        }
        let waiting = try connection.rows(
            """
            SELECT s.last_task, CASE WHEN \(fragment: isBusy) THEN 1 ELSE 0 END FROM schedules AS s
            WHERE s.waiting_at IS NOT NULL ORDER BY s.id LIMIT \(mostWaiting)
            """
        ) { (task: $0.intOrNil(0), isBusy: $0.bool(1)) }
        return Outlook(
            nextDue: next, awaitedTasks: waiting.compactMap(\.task), canGoOn: waiting.contains { !$0.isBusy }, anyWaits: !waiting.isEmpty)
    }

    /// Whether what schedule `s` started last is unfinished. What has been deleted had ended.
    static let isBusy: SQL = """
        (EXISTS (SELECT 1 FROM tasks AS t WHERE t.id = s.last_task AND t.finished_at IS NULL)
            OR EXISTS (SELECT 1 FROM workflow_runs AS r WHERE r.id = s.last_run AND r.finished_at IS NULL))
        """
}

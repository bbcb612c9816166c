import Storage

/// What must hold of every row of `tasks` by itself, looked at in one walk over a range of ids.
enum TaskRowChecks {
    /// How long after its time a scheduled task may still be waiting for the promotion: clocks of machines differ.
    static let patience: Int64 = 60_000_000

    /// - Parameters:
    ///   - range: the tasks to look at.
    ///   - now: microseconds since 1970.
    static func look(_ range: ClosedRange<Int64>, now: Int64, on connection: any Connection) throws -> [Finding] {
        let someoneLives = try connection.row("SELECT CASE WHEN \(fragment: someoneLives(now)) THEN 1 ELSE 0 END") { $0.bool(0) } ?? false
        // Without a live process nothing moves, and that is no fault of the database.
        let late = someoneLives ? now - patience : Int64.min
        // Scalar subqueries, not EXISTS: PostgreSQL would read the other table from end to end for every slice.
        return try connection.rows(
            """
            SELECT looked.id, looked.code, looked.queue, looked.worker, looked.claim FROM (
                SELECT t.id, t.queue, t.worker, t.claim,
                    CASE
                    WHEN t.claim < t.attempt OR t.attempt < t.attempt_base OR t.lost > t.attempt OR t.version <= t.claim
                        OR (t.lost >= \(Rescue.mostLosses) AND t.state NOT IN ('failed', 'cancelled'))
                        OR (t.state = 'running' AND (t.started_at IS NULL OR t.attempt <= t.attempt_base))
                        OR (t.state = 'succeeded' AND t.run_id IS NULL AND (t.started_at IS NULL OR t.claim = 0))
                        OR t.attempt - t.attempt_base > t.max_retries + 1 + t.lost
                        THEN 'counters'
                    -- A node can fail or succeed without an attempt: by an expression, its elements, an event.
                    WHEN (t.state = 'failed' OR (t.state = 'succeeded' AND t.attempt > 1)) AND (t.run_id IS NULL OR t.claim > 0)
                        AND (SELECT a.claim FROM attempts AS a WHERE a.task_id = t.id AND a.claim = t.claim) IS NULL
                        THEN 'history ' || t.state
                    WHEN t.lost > 0 AND t.lost <> (
                            SELECT COUNT(*) FROM attempts AS l WHERE l.task_id = t.id AND l.outcome = 'lost' AND l.attempt > t.attempt_base)
                        THEN 'losses'
                    WHEN t.finished_at IS NOT NULL THEN NULL
                    WHEN t.run_id IS NOT NULL AND COALESCE((
                            SELECT w.state FROM workflow_runs AS w WHERE w.id = t.run_id), 'gone') NOT IN ('pending', 'running')
                        THEN 'run'
                    WHEN t.state = 'waiting' THEN CASE WHEN t.run_id IS NULL THEN 'waiting' END
                    WHEN t.cancel_requested_at IS NOT NULL AND t.state <> 'running' THEN 'cancel'
                    WHEN (SELECT q.name FROM queues AS q WHERE q.name = t.queue) IS NULL THEN 'queue'
                    WHEN t.unique_key IS NOT NULL AND COALESCE((
                            SELECT k.task_id FROM unique_keys AS k
                            WHERE k.tenant = t.tenant AND k.type = t.type AND k.unique_key = t.unique_key), 0) <> t.id
                        THEN 'key'
                    WHEN t.state = 'scheduled' AND t.ready_at < \(late) THEN 'overdue'
                    WHEN t.state <> 'running' AND t.expires_at < \(late) THEN 'expired'
                    WHEN t.state = 'running' AND \(someoneLives ? 1 : 0) = 1 AND COALESCE((
                            SELECT w.state FROM workers AS w WHERE w.id = t.worker), 'dead') NOT IN ('live', 'draining')
                        THEN 'worker'
                    END AS code
                FROM tasks AS t WHERE t.id >= \(range.lowerBound) AND t.id <= \(range.upperBound)) AS looked
            WHERE looked.code IS NOT NULL ORDER BY looked.id
            """
        ) { row in
            finding(row.text(1), task: row.int(0), queue: row.text(2), worker: row.intOrNil(3), claim: row.int(4))
        }
    }

    /// Whether any process has been heard of lately.
    static func someoneLives(_ now: Int64) -> SQL {
        "EXISTS (SELECT 1 FROM workers AS l WHERE l.state = 'live' AND l.seen_at > \(now - patience))"
    }

    private static func finding(_ code: String, task: Int64, queue: String, worker: Int64?, claim: Int64) -> Finding {
        let cancel =
            "UPDATE tasks SET state = 'cancelled', finished_at = ready_at, version = version + 1 WHERE id = \(task) AND finished_at IS NULL AND worker IS NULL"
        switch code {
        case "history failed", "history succeeded":
            return Finding(
                .historyMissing, task: task, "task \(task) has \(code.dropFirst(8)), and its history lacks the attempt",
                repair: "-- the outcome stands in the task itself: SELECT * FROM tasks WHERE id = \(task)")
        case "losses":
            return Finding(
                .historyDisagrees, task: task, "task \(task) counts other losses than its history tells of",
                repair: "-- compare: SELECT * FROM attempts WHERE task_id = \(task) ORDER BY claim")
        case "cancel":
            return Finding(.cancelForgotten, task: task, "task \(task) was asked to end and still waits to run", repair: cancel)
        case "expired":
            return Finding(.overdue, task: task, "task \(task) should have expired long ago", repair: cancel)
        case "waiting":
            return Finding(.waitingWithoutParents, task: task, "task \(task) waits, and no parent's end sets it free", repair: cancel)
        case "run":
            return Finding(
                .runDisagrees, task: task, "task \(task) is unfinished, and the workflow run that it is of has ended", repair: cancel)
        case "queue":
            return Finding(
                .unknownQueue, task: task, "task \(task) is in the queue '\(queue)', which does not exist",
                repair: "-- add the queue to MILLRACE_QUEUES and start a process, or: \(cancel)")
        case "key":
            return Finding(
                .uniqueKeyBroken, task: task, "task \(task) is unfinished and does not hold its unique key",
                repair:
                    "-- see who does: SELECT k.* FROM unique_keys AS k JOIN tasks AS t USING (tenant, type, unique_key) WHERE t.id = \(task)"
            )
        case "overdue":
            return Finding(
                .overdue, task: task, "task \(task) is scheduled for a time long past",
                repair: "UPDATE tasks SET state = 'queued', version = version + 1 WHERE id = \(task) AND state = 'scheduled'")
        case "worker":
            let holder = worker.map { "\($0)" } ?? "none"
            return Finding(
                .workerGone, task: task, "task \(task) is running under worker \(holder), which has ended",
                repair:
                    "UPDATE tasks SET state = 'queued', worker = NULL, lost = lost + 1, version = version + 1 WHERE id = \(task) AND claim = \(claim) AND state = 'running'"
            )
        default:
            return Finding(
                .countersDisagree, task: task, "claims, attempts, losses and times of task \(task) contradict each other",
                repair: "-- keep the row for analysis; if the task is unfinished: \(cancel)")
        }
    }
}

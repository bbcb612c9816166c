import Storage

/// What must hold of every row of `tasks` by itself, looked at in one walk over a range of ids.
enum TaskRowChecks {
    /// How long after its time a scheduled task may still be waiting for the promotion: clocks of machines differ.
    static let patience: Int64 = 60_000_000

    /// - Parameters:
    ///   - range: the tasks to look at.
    ///   - now: microseconds since 1970.
    static func look(_ range: ClosedRange<Int64>, now: Int64, on connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT looked.id, looked.code, looked.queue, looked.worker, looked.claim FROM (
                SELECT t.id, t.queue, t.worker, t.claim,
                    CASE
                    WHEN t.claim < t.attempt OR t.attempt < t.attempt_base OR t.lost > t.attempt
                        OR (t.lost >= \(Rescue.mostLosses) AND t.state NOT IN ('failed', 'cancelled'))
                        OR (t.state = 'running' AND (t.started_at IS NULL OR t.attempt <= t.attempt_base))
                        OR (t.state = 'succeeded' AND (t.started_at IS NULL OR t.claim = 0))
                        OR t.attempt - t.attempt_base > t.max_retries + 1 + t.lost
                        THEN 'counters'
                    WHEN t.state = 'waiting' THEN 'waiting'
                    WHEN t.finished_at IS NULL AND NOT EXISTS (SELECT 1 FROM queues AS q WHERE q.name = t.queue) THEN 'queue'
                    WHEN t.unique_key IS NOT NULL AND t.finished_at IS NULL AND NOT EXISTS (
                            SELECT 1 FROM unique_keys AS k
                            WHERE k.tenant = t.tenant AND k.type = t.type AND k.unique_key = t.unique_key AND k.task_id = t.id)
                        THEN 'key'
                    WHEN t.state = 'scheduled' AND t.ready_at < \(now - patience) AND \(fragment: someoneLives(now)) THEN 'overdue'
                    WHEN t.state = 'running' AND \(fragment: someoneLives(now))
                        AND NOT EXISTS (SELECT 1 FROM workers AS w WHERE w.id = t.worker AND w.state IN ('live', 'draining'))
                        THEN 'worker'
                    END AS code
                FROM tasks AS t WHERE t.id >= \(range.lowerBound) AND t.id <= \(range.upperBound)) AS looked
            WHERE looked.code IS NOT NULL ORDER BY looked.id
            """
        ) { row in
            finding(row.text(1), task: row.int(0), queue: row.text(2), worker: row.intOrNil(3), claim: row.int(4))
        }
    }

    /// Without a live process nothing moves, and that is no fault of the database.
    private static func someoneLives(_ now: Int64) -> SQL {
        "EXISTS (SELECT 1 FROM workers AS l WHERE l.state = 'live' AND l.seen_at > \(now - patience))"
    }

    private static func finding(_ code: String, task: Int64, queue: String, worker: Int64?, claim: Int64) -> Finding {
        let cancel =
            "UPDATE tasks SET state = 'cancelled', finished_at = ready_at, version = version + 1 WHERE id = \(task) AND finished_at IS NULL AND worker IS NULL"
        switch code {
        case "waiting":
            return Finding(.waitingWithoutParents, task: task, "task \(task) waits, and no parent's end sets it free", repair: cancel)
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

package import Storage

/// Declares a worker dead and gives its tasks back.
///
/// The first statement locks the worker's row, which every claim holds while it commits: a claim either committed before
/// (and is rescued here) or sees the worker dead. Called again until it returns nothing; a process that dies in between
/// leaves a dead worker with some running tasks, which the next observer finds.
package enum Rescue {
    /// A task whose worker died this often fails: one poison task cannot take a fleet down.
    package static let mostLosses = 3
    /// Tasks in one transaction.
    package static let largestBatch = 500

    /// Rescues up to ``largestBatch`` tasks of `worker`.
    /// - Parameter beat: the counter at which it stood still; nil when it is known dead (its process's lock was taken).
    /// - Returns: the changes; nil when the counter has moved, so the worker lives.
    package static func rescue(
        worker: Int64, beat: Int64?, _ workflows: Workflows = Workflows(), now: Int64, on connection: any Connection
    ) throws -> [TaskChange]? {
        // Without a row nobody can claim under this id any more: what it still holds is given back as well.
        if let found = try lock(worker, connection), found.state == "live" || found.state == "draining" {
            if let beat, beat != found.beat { return nil }
            try connection.execute("UPDATE workers SET state = 'dead' WHERE id = \(worker)")
        }
        var changes = try giveBack(worker, now: now, connection)
        let ended = changes.filter { $0.node != nil && $0.state.isTerminal }
        guard !ended.isEmpty else { return changes }
        // Their roots are locked already.
        let runs = try RunRow.hold(Set(ended.compactMap { $0.node?.run }), on: connection)
        let further = try RunAdvance.advance(&changes, holding: runs, workflows, now: now, on: connection)
        return changes + further
    }

    /// Workers that no longer live but still have running tasks: the rest of an interrupted rescue.
    package static func unfinished(on connection: any Connection) throws -> [Int64] {
        try connection.rows(
            """
            WITH RECURSIVE holders(worker) AS (
                SELECT first.worker FROM (SELECT worker FROM tasks WHERE state = 'running' ORDER BY worker LIMIT 1) AS first
                UNION ALL
                SELECT (SELECT t.worker FROM tasks t WHERE t.state = 'running' AND t.worker > holders.worker ORDER BY t.worker LIMIT 1)
                FROM holders WHERE holders.worker IS NOT NULL)
            SELECT holders.worker FROM holders LEFT JOIN workers ON workers.id = holders.worker
            WHERE holders.worker IS NOT NULL AND (workers.state IS NULL OR workers.state IN ('stopped', 'dead'))
            """
        ) { $0.int(0) }
    }

    private static func lock(_ worker: Int64, _ connection: any Connection) throws -> (state: String, beat: Int64)? {
        try connection.row("SELECT state, beat FROM workers WHERE id = \(worker)\(lock: .update)") { ($0.text(0), $0.int(1)) }
    }

    private static func giveBack(_ worker: Int64, now: Int64, _ connection: any Connection) throws -> [TaskChange] {
        let runs: SQL = "SELECT t.run_id FROM tasks AS t WHERE t.state = 'running' AND t.worker = \(worker) AND t.run_id IS NOT NULL"
        let lost = try connection.rows(
            """
            \(fragment: RunLocks.with(runs, more: true, on: connection))held AS MATERIALIZED (
                SELECT id FROM tasks WHERE state = 'running' AND worker = \(worker)\(fragment: RunLocks.held(on: connection))
                ORDER BY id LIMIT \(largestBatch)\(lock: .update))
            UPDATE tasks
            SET state = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' WHEN lost + 1 >= \(mostLosses) THEN 'failed' ELSE 'queued' END,
                finished_at = CASE WHEN cancel_requested_at IS NOT NULL OR lost + 1 >= \(mostLosses) THEN \(now) END,
                error_code = 'worker_lost', error_message = \(message.message), lost = lost + 1, worker = NULL, version = version + 1
            FROM held WHERE tasks.id = held.id
            RETURNING \(fragment: TaskChange.columns), tasks.claim, tasks.attempt, tasks.started_at
            """
        ) { row in
            let attempt = AttemptRow(
                taskID: row.int(0), claim: row.int(TaskChange.columnCount), attempt: Int(row.int(TaskChange.columnCount + 1)),
                worker: worker,
                startedAt: row.int(TaskChange.columnCount + 2), outcome: .lost, error: message)
            return (change: try TaskChange(row), attempt: attempt)
        }
        try AttemptRow.insert(lost.map(\.attempt), now: now, on: connection)
        return lost.map(\.change)
    }

    private static let message = TaskError(code: "worker_lost", message: "the process that ran this attempt died or lost its lease")
}

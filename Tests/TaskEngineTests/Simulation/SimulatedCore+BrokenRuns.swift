import Storage
import TaskEngine
import TestSupport

/// Wrong in ways in which runs of workflows go wrong.
extension SimulatedCore {
    /// Cancels a node that waits, and forgets that a run waits for it.
    static var cancellingWithoutAdvance: SimulatedCore {
        var core = SimulatedCore()
        core.cancel = { [cancel = core.cancel] task, tenant, now, connection in
            let change = try connection.row(
                """
                UPDATE tasks SET state = 'cancelled', finished_at = \(now), version = version + 1
                WHERE id = \(task) AND run_id IS NOT NULL AND state IN ('waiting', 'scheduled', 'queued')
                RETURNING id, tenant, version, state, type, queue
                """, StoredChange.read)
            return try change.map { .cancelled($0) } ?? cancel(task, tenant, now, connection)
        }
        return core
    }

    /// Counts an answer a second time: nodes behind it begin a parent early.
    static var countingAnswersAgain: SimulatedCore {
        var core = SimulatedCore()
        core.settle = { [settle = core.settle] successes, endings, now, connection in
            let changes = try settle(successes, endings, now, connection)
            for success in successes {
                guard let run = success.task.node?.run else { continue }
                try connection.execute("UPDATE tasks SET pending = pending - 1 WHERE run_id = \(run) AND state = 'waiting' AND pending > 1")
            }
            return changes
        }
        return core
    }

    /// Ends a run, and leaves what runs of it alone, which may then be retried.
    static var killingWithoutWord: SimulatedCore {
        var core = SimulatedCore()
        core.kill = { [kill = core.kill] run, tenant, now, connection in
            let result = try kill(run, tenant, now, connection)
            try connection.execute("UPDATE tasks SET cancel_requested_at = NULL WHERE run_id = \(run) AND state = 'running'")
            return result
        }
        return core
    }

    /// Keeps no event for a node that does not wait for it yet.
    static var forgettingEvents: SimulatedCore {
        var core = SimulatedCore()
        core.send = { [send = core.send] event, run, tenant, now, connection in
            let result = try send(event, run, tenant, now, connection)
            if result == .kept { try connection.execute("DELETE FROM workflow_events WHERE run_id = \(run) AND node IS NULL") }
            return result
        }
        return core
    }

    /// Retries all of a run, what succeeded too.
    static var retryingSuccesses: SimulatedCore {
        var core = SimulatedCore()
        core.retry = { [retry = core.retry] run, tenant, now, connection in
            try connection.execute(
                """
                UPDATE tasks SET state = 'failed' WHERE run_id = \(run) AND state = 'succeeded'
                    AND run_id IN (SELECT w.id FROM workflow_runs AS w WHERE w.state IN ('failed', 'cancelled', 'timed_out'))
                """)
            return try retry(run, tenant, now, connection)
        }
        return core
    }

    /// Ends a dead worker's nodes, and lets their runs wait for them for ever.
    static var rescuingWithoutAdvance: SimulatedCore {
        var core = SimulatedCore()
        core.rescue = { [rescue = core.rescue] worker, beat, now, connection in
            try rescue(worker, beat, now, connection)?.map { change in
                try connection.row(
                    """
                    UPDATE tasks SET state = 'cancelled', finished_at = \(now)
                    WHERE id = \(change.id) AND run_id IS NOT NULL AND state = 'queued'
                    RETURNING id, tenant, version, state, type, queue
                    """, StoredChange.read) ?? change
            }
        }
        return core
    }
}

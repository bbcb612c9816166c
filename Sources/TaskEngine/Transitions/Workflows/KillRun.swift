package import Storage

/// Ends a run from outside: somebody cancels it, or it reached its time limit.
///
/// Before the commit it goes on; after it nothing of it, nor of the runs below it, begins any more: what did not run is
/// cancelled, what runs is marked, and the run ends with the last of it, on whatever worker that is.
package enum KillRun {
    /// What a kill led to.
    package enum Result: Sendable {
        /// It ends, or has ended with this.
        case killed(End)
        /// It had ended already.
        case finished(RunState)
        /// The tenant has no such run.
        case unknown
    }

    /// What was committed.
    package struct End: Sendable {
        /// To be announced.
        package var changes: [TaskChange] = []
        /// Running tasks whose workers are to be told.
        package var cancels: [Int64] = []
        /// When it was asked for first, microseconds since 1970.
        package var requestedAt: Int64
        /// The state the run is in now: running while some of its tasks do.
        package var state: RunState
    }

    /// - Parameters:
    ///   - tenant: nil when the platform ends it.
    ///   - state: what it ends as; a run that is being ended already keeps the first.
    ///   - reason: for people; nil for none.
    package static func kill(
        _ id: Int64, tenant: String?, as state: RunState, reason: String?, _ workflows: Workflows, now: Int64, on connection: any Connection
    ) throws -> Result {
        let held = try RunRow.hold([id], on: connection)
        guard let run = held[id], tenant == nil || run.tenant == tenant else { return .unknown }
        if run.finishedAt != nil { return .finished(run.state) }
        if let time = run.cancelRequestedAt { return .killed(End(requestedAt: time, state: run.state)) }
        var advance = RunAdvance(workflows, holding: held, now: now, on: connection)
        let cancels = try advance.end([id], as: state, reason: reason)
        let changes = try advance.finish()
        return .killed(End(changes: changes, cancels: cancels, requestedAt: now, state: advance.runs[id]?.state ?? run.state))
    }
}

extension RunAdvance {
    /// Ends runs and those below them. The caller holds their roots.
    /// - Returns: running tasks whose workers are to be told.
    mutating func end(_ ids: Set<Int64>, as state: RunState, reason: String?) throws -> [Int64] {
        let all = try withRunsBelow(ids)
        var ending: [Int64] = []
        for id in all {
            var run = try run(id)
            guard run.finishedAt == nil, !run.isEnding else { continue }
            (run.cancelRequestedAt, run.cancelReason, run.cancelState) = (now, reason, ids.contains(id) ? state : .cancelled)
            runs[id] = run
            touched.insert(id)
            ending.append(id)
        }
        guard !ending.isEmpty else { return [] }
        let rows = RowSet(ids: ending.sorted())
        let cancelled = try cancelWaiting(rows)
        changes += cancelled
        add(cancelled)
        let marked = try markRunning(rows)
        changes += marked
        return marked.map(\.id)
    }

    private mutating func withRunsBelow(_ ids: Set<Int64>) throws -> Set<Int64> {
        let roots = Set(try ids.map { try run($0).root })
        let below = try connection.rows(
            """
            SELECT \(fragment: RunRow.columns) FROM \(RowSet(ids: roots.sorted()), as: "r") CROSS JOIN workflow_runs AS w
            WHERE w.root = r.id AND w.parent_task IS NOT NULL AND w.finished_at IS NULL ORDER BY w.id
            """, RunRow.init)
        var all = ids
        // A run's id is above that of the one it was started by.
        for run in below {
            if runs[run.id] == nil { runs[run.id] = run }
            if let parent = run.parentRun, all.contains(parent) { all.insert(run.id) }
        }
        return all
    }

    /// All but the nodes that have begun and wait for elements or child runs: those end with the last of them.
    private func cancelWaiting(_ rows: RowSet) throws -> [TaskChange] {
        try connection.rows(
            """
            UPDATE tasks
            SET state = 'cancelled', finished_at = \(now), cancel_requested_at = \(now), version = tasks.version + 1
            FROM \(rows, as: "r")
            WHERE tasks.run_id = r.id AND \(plainColumn: "tasks.state") IN ('waiting', 'scheduled', 'queued')
                AND NOT (\(plainColumn: "tasks.state") = 'waiting' AND tasks.element IS NULL AND tasks.started_at IS NOT NULL)
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
    }

    private func markRunning(_ rows: RowSet) throws -> [TaskChange] {
        try connection.rows(
            """
            UPDATE tasks SET cancel_requested_at = \(now), version = tasks.version + 1 FROM \(rows, as: "r")
            WHERE tasks.run_id = r.id AND \(plainColumn: "tasks.state") = 'running' AND tasks.cancel_requested_at IS NULL
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
    }
}

import Storage

extension RunAdvance {
    /// Nodes that were cancelled by themselves while elements or child runs of theirs went on: these end as well. Workers of those
    /// that run learn of it with their next heartbeat.
    mutating func stopBelow(_ ended: [Ended]) throws {
        var lists: Set<Place> = []
        var children: Set<Place> = []
        for end in ended {
            guard case .node(.cancelled) = end.what else { continue }
            let run = try run(end.run)
            guard !run.isEnding else { continue }
            switch try plan(of: run).nodes[end.node].kind {
            case .task(let call):
                if call.foreach != nil { lists.insert(Place(run: end.run, node: end.node)) }
            case .workflow: children.insert(Place(run: end.run, node: end.node))
            case .waitEvent, .sleep: continue
            }
        }
        if !lists.isEmpty { try stopElements(Self.rows(lists)) }
        if !children.isEmpty { try stopRuns(Self.rows(children)) }
    }

    private mutating func stopElements(_ rows: RowSet) throws {
        let cancelled = try connection.rows(
            """
            UPDATE tasks
            SET state = 'cancelled', finished_at = \(now), cancel_requested_at = \(now), version = tasks.version + 1
            FROM \(rows, as: "r")
            WHERE tasks.run_id = r.run_id AND tasks.node = r.node AND tasks.element >= 0
                AND \(plainColumn: "tasks.state") IN ('waiting', 'scheduled', 'queued')
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
        changes += cancelled
        changes += try connection.rows(
            """
            UPDATE tasks SET cancel_requested_at = \(now), version = tasks.version + 1 FROM \(rows, as: "r")
            WHERE tasks.run_id = r.run_id AND tasks.node = r.node AND tasks.element >= 0
                AND \(plainColumn: "tasks.state") = 'running' AND tasks.cancel_requested_at IS NULL
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
    }

    private mutating func stopRuns(_ rows: RowSet) throws {
        let below = try connection.rows(
            """
            SELECT \(fragment: RunRow.columns) FROM \(rows, as: "r") CROSS JOIN tasks AS t JOIN workflow_runs AS w ON w.parent_task = t.id
            WHERE t.run_id = r.run_id AND t.node = r.node AND t.element IS NULL AND w.parent_task IS NOT NULL AND w.finished_at IS NULL
            """, RunRow.init)
        for run in below where runs[run.id] == nil { runs[run.id] = run }
        _ = try end(Set(below.map(\.id)), as: .cancelled, reason: "its node was cancelled")
    }
}

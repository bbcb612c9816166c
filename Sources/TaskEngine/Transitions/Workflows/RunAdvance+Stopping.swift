import Storage

extension RunAdvance {
    /// Ends what nodes wait for that have begun and that the caller has marked as cancelled: elements and child runs that do not run
    /// are cancelled, what runs is marked. The nodes end with the last of it, in the transaction that ends that.
    /// - Returns: running tasks whose workers are to be told.
    mutating func stop(_ begun: [TaskChange]) throws -> [Int64] {
        var lists: Set<Place> = []
        var children: [Int64] = []
        for change in begun {
            guard let node = change.node else { continue }
            switch try plan(of: run(node.run)).nodes[node.index].kind {
            case .task: lists.insert(Place(run: node.run, node: node.index))
            case .workflow: children.append(change.id)
            case .waitEvent, .sleep: continue
            }
        }
        var running: [Int64] = []
        if !lists.isEmpty { running += try stopElements(Self.rows(lists)) }
        if !children.isEmpty { running += try stopRuns(of: children) }
        return running
    }

    private mutating func stopElements(_ rows: RowSet) throws -> [Int64] {
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
        add(cancelled)
        let marked = try connection.rows(
            """
            UPDATE tasks SET cancel_requested_at = \(now), version = tasks.version + 1 FROM \(rows, as: "r")
            WHERE tasks.run_id = r.run_id AND tasks.node = r.node AND tasks.element >= 0
                AND \(plainColumn: "tasks.state") = 'running' AND tasks.cancel_requested_at IS NULL
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
        changes += marked
        return marked.map(\.id)
    }

    private mutating func stopRuns(of tasks: [Int64]) throws -> [Int64] {
        let below = try connection.rows(
            """
            SELECT w.id FROM \(RowSet(ids: tasks.sorted()), as: "r") CROSS JOIN workflow_runs AS w
            WHERE w.parent_task = r.id AND w.parent_task IS NOT NULL AND w.finished_at IS NULL
            """
        ) { $0.int(0) }
        return try end(Set(below), as: .cancelled, reason: "its node was cancelled")
    }
}

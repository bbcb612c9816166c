import Storage

extension RunAdvance {
    /// The last task that was looked at of a run that is ended in pieces.
    struct StopPosition {
        var node: Int64
        /// -1 for the node itself.
        var element: Int64

        /// Before the first node.
        static let start = StopPosition(node: -1, element: -1)
    }

    /// Ends runs and those below them. The caller holds their roots. Looks at ``RunLimits/mostStops`` tasks; the runs that are left
    /// are marked for ``StopRuns``.
    /// - Returns: running tasks whose workers are to be told.
    mutating func end(_ ids: Set<Int64>, as state: RunState, reason: String?) throws -> [Int64] {
        try goOnEnding(mark(ids, as: state, reason: reason).map { ($0, nil) })
    }

    /// Ends what is left of runs that are marked as ending, and of those below them.
    /// - Parameter runs: with their positions; nil begins with the first node, for a run that was marked just now.
    /// - Returns: running tasks whose workers are to be told.
    mutating func goOnEnding(_ runs: [(id: Int64, from: StopPosition?)]) throws -> [Int64] {
        var room = workflows.limits.mostStops
        var cancels: [Int64] = []
        var waiting = runs
        var left: [(Int64, StopPosition?)] = []
        while !waiting.isEmpty {
            var whole: Set<Int64> = []
            var below: [Int64] = []
            for (id, from) in waiting {
                let count = Int(try run(id).taskCount)
                if from == nil, count <= room {
                    room -= count
                    whole.insert(id)
                } else if room > 0 {
                    let piece = try piece(of: id, after: from ?? .start, limit: room)
                    room -= piece.tasks.count
                    cancels += try endTasks(RowSet(ids: piece.tasks), areRuns: false)
                    below += try mark(piece.children, as: .cancelled, reason: run(id).cancelReason)
                    left.append((id, piece.last))
                } else {
                    left.append((id, from ?? .start))
                }
            }
            if !whole.isEmpty {
                cancels += try endTasks(RowSet(ids: whole.sorted()), areRuns: true)
                for id in whole.sorted() { below += try mark(children(of: id), as: .cancelled, reason: run(id).cancelReason) }
            }
            waiting = below.map { ($0, nil) }
        }
        try store(left)
        return cancels
    }

    /// - Returns: those that were not ending before.
    private mutating func mark(_ ids: some Collection<Int64>, as state: RunState, reason: String?) throws -> [Int64] {
        try load(Set(ids).subtracting(runs.keys))
        return try ids.sorted().filter { id in
            var run = try run(id)
            guard run.finishedAt == nil, !run.isEnding else { return false }
            (run.cancelRequestedAt, run.cancelReason, run.cancelState) = (now, reason, state)
            runs[id] = run
            touched.insert(id)
            return true
        }
    }

    /// Child runs that have not ended. Few runs have nodes for them.
    private func children(of id: Int64) throws -> [Int64] {
        guard try plan(of: run(id)).hasChildRuns else { return [] }
        return try connection.rows(
            """
            SELECT w.id FROM tasks AS t JOIN workflow_runs AS w ON w.parent_task = t.id
            WHERE t.run_id = \(id) AND t.element IS NULL AND \(plainColumn: "t.state") = 'waiting' AND t.started_at IS NOT NULL
                AND w.parent_task IS NOT NULL AND w.finished_at IS NULL
            """
        ) { $0.int(0) }
    }

    /// The next tasks of a run in the order of nodes and elements, ended ones among them.
    /// - Returns: also the child runs that wait for their end; `last` is nil when there are no more.
    private func piece(
        of id: Int64, after position: StopPosition, limit: Int
    ) throws -> (tasks: [Int64], children: [Int64], last: StopPosition?) {
        let rows = try connection.rows(
            """
            SELECT t.id, t.node, COALESCE(t.element, -1) FROM tasks AS t
            WHERE t.run_id = \(id) AND t.node >= \(position.node) AND (t.node > \(position.node) OR COALESCE(t.element, -1) > \(position.element))
            ORDER BY t.node, COALESCE(t.element, -1) LIMIT \(limit)
            """
        ) { (task: $0.int(0), place: StopPosition(node: $0.int(1), element: $0.int(2))) }
        var children: [Int64] = []
        if try plan(of: run(id)).hasChildRuns {
            children = try connection.rows(
                """
                SELECT w.id FROM \(RowSet(ids: rows.map(\.task).sorted()), as: "r") CROSS JOIN workflow_runs AS w
                WHERE w.parent_task = r.id AND w.parent_task IS NOT NULL AND w.finished_at IS NULL
                """
            ) { $0.int(0) }
        }
        return (rows.map(\.task).sorted(), children, rows.count < limit ? nil : rows.last?.place)
    }

    /// Cancels what does not run and marks what does. Nodes that have begun and wait for elements or child runs are left: they end
    /// with the last of them.
    /// - Parameter rows: ids of runs or of tasks.
    /// - Returns: those that run.
    private mutating func endTasks(_ rows: RowSet, areRuns: Bool) throws -> [Int64] {
        let isMeant: SQL = areRuns ? "tasks.run_id = r.id" : "tasks.id = r.id"
        let cancelled = try connection.rows(
            """
            UPDATE tasks
            SET state = 'cancelled', finished_at = \(now), cancel_requested_at = \(now), version = tasks.version + 1
            FROM \(rows, as: "r")
            WHERE \(fragment: isMeant) AND \(plainColumn: "tasks.state") IN ('waiting', 'scheduled', 'queued')
                AND NOT (\(plainColumn: "tasks.state") = 'waiting' AND tasks.element IS NULL AND tasks.started_at IS NOT NULL)
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
        changes += cancelled
        add(cancelled)
        let marked = try connection.rows(
            """
            UPDATE tasks SET cancel_requested_at = \(now), version = tasks.version + 1 FROM \(rows, as: "r")
            WHERE \(fragment: isMeant) AND \(plainColumn: "tasks.state") = 'running' AND tasks.cancel_requested_at IS NULL
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
        changes += marked
        return marked.map(\.id)
    }

    /// Most runs are ended whole, and nothing is written of them here.
    private func store(_ left: [(run: Int64, position: StopPosition?)]) throws {
        guard !left.isEmpty else { return }
        var rows = RowSet([.bigint("id"), .bigint("node"), .bigint("element")], capacity: left.count)
        for (run, position) in left.sorted(by: { $0.run < $1.run }) {
            rows.append([.int(run), .int(position?.node), .int(position?.element)])
        }
        try connection.forEach(
            rows,
            """
            UPDATE workflow_runs SET stop_node = r.node, stop_element = r.element FROM \(rows, as: "r") WHERE workflow_runs.id = r.id
            """)
    }
}

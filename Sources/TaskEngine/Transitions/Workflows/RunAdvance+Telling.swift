import Storage

extension RunAdvance {
    /// A row by run and node, the node itself.
    struct Place: Hashable {
        let run: Int64
        let node: Int
    }

    /// Counts what ended in its runs, and down in the rows that waited for it.
    mutating func tell(_ ended: [Ended]) throws {
        try load(Set(ended.map(\.run)).subtracting(runs.keys))
        var less: [Place: Int64] = [:]
        var room: [Place: (count: Int, last: Int)] = [:]
        for end in ended {
            switch end.what {
            case .node(let state): try count(end, state, &less)
            case .child: less[Place(run: end.run, node: end.node), default: 0] += 1
            case .element(let element, let hadRoom):
                let place = Place(run: end.run, node: end.node)
                less[place, default: 0] += 1
                guard hadRoom else { continue }
                let before = room[place, default: (0, 0)]
                room[place] = (before.count + 1, max(before.last, element))
            }
        }
        try countDown(less)
        for (place, ended) in room { try makeRoom(at: place, ended.count, after: ended.last) }
        try endRuns(ended)
    }

    mutating func load(_ missing: Set<Int64>) throws {
        guard !missing.isEmpty else { return }
        // Below a root that the caller holds.
        runs.merge(try RunRow.read(missing, on: connection)) { first, _ in first }
    }

    private mutating func count(_ end: Ended, _ state: TaskState, _ less: inout [Place: Int64]) throws {
        var run = try run(end.run)
        let plan = try plan(of: run)
        guard run.unfinished > 0, plan.nodes.indices.contains(end.node) else {
            throw StorageError(.corrupt, "run \(run.id) counts fewer nodes than have ended")
        }
        run.unfinished -= 1
        if run.state == .pending { (run.state, run.startedAt) = (.running, now) }
        if state != .succeeded {
            run.flawed += 1
            if state != .skipped, plan.nodes[end.node].onFailure == .fail { run.failed += 1 }
        }
        runs[run.id] = run
        touched.insert(run.id)
        guard !run.isEnding else { return }
        for child in plan.children[end.node] { less[Place(run: run.id, node: child), default: 0] += 1 }
    }

    /// One statement for all of them. A plain task of a run in which nothing has failed is queued by it; what else waits for
    /// nothing any more is due.
    private mutating func countDown(_ less: [Place: Int64]) throws {
        guard !less.isEmpty else { return }
        var rows = RowSet([.bigint("run_id"), .bigint("node"), .bigint("less"), .bigint("plain")], capacity: less.count)
        // In the order of the index.
        for (place, count) in less.sorted(by: { ($0.key.run, $0.key.node) < ($1.key.run, $1.key.node) }) {
            rows.append([.int(place.run), .int(Int64(place.node)), .int(count), .int(try isPlain(place) ? 1 : 0)])
        }
        let waitingForNothing = try connection.rows(
            """
            UPDATE tasks
            SET pending = tasks.pending - r.less,
                state = CASE WHEN tasks.pending = r.less AND r.plain = 1 THEN 'queued' ELSE tasks.state END,
                ready_at = CASE WHEN tasks.pending = r.less THEN \(now) ELSE tasks.ready_at END,
                version = tasks.version + CASE WHEN tasks.pending = r.less AND r.plain = 1 THEN 1 ELSE 0 END
            FROM \(rows, as: "r")
            WHERE tasks.run_id = r.run_id AND tasks.node = r.node AND tasks.element IS NULL AND \(plainColumn: "tasks.state") = 'waiting'
            RETURNING \(fragment: TaskChange.columns), tasks.started_at, tasks.cancel_requested_at
            """
        ) { row -> (TaskChange, Int64?, Bool)? in
            guard row.int(TaskChange.columnCount - 1) == 0 else { return nil }
            return (try TaskChange(row), row.intOrNil(TaskChange.columnCount), row.intOrNil(TaskChange.columnCount + 1) != nil)
        }
        for case let (change, startedAt, isCancelled)? in waitingForNothing {
            guard let node = change.node else { continue }
            if change.state == .queued {
                changes.append(change)
            } else {
                due.append(Due(id: change.id, run: node.run, node: node.index, startedAt: startedAt, isCancelled: isCancelled))
            }
        }
    }

    /// Whether a node runs as soon as its parents have ended, since they can only have succeeded.
    private func isPlain(_ place: Place) throws -> Bool {
        let run = try run(place.run)
        guard run.flawed == 0, !run.isEnding else { return false }
        return try plan(of: run).isPlain(place.node)
    }

    /// Ends runs that have no unfinished node left, and tells the nodes that wait for them.
    private mutating func endRuns(_ ended: [Ended]) throws {
        var parents: [Int64: Int64] = [:]
        for id in Set(ended.map(\.run)) {
            var run = try run(id)
            guard run.unfinished == 0, run.finishedAt == nil else { continue }
            run.finishedAt = now
            run.state = run.cancelState ?? (run.failed > 0 ? .failed : .succeeded)
            runs[id] = run
            touched.insert(id)
            finished.insert(id)
            if let task = run.parentTask { parents[task] = id }
        }
        guard !parents.isEmpty else { return }
        wave += try connection.rows(
            """
            SELECT t.run_id, t.node FROM \(RowSet(ids: parents.keys.sorted()), as: "r") CROSS JOIN tasks AS t WHERE t.id = r.id
            """
        ) { Ended(run: $0.int(0), node: Int($0.int(1)), what: .child) }
    }
}

extension WorkflowPlan {
    /// Whether nothing has to be judged or made when the node's turn comes.
    func isPlain(_ node: Int) -> Bool {
        guard nodes[node].when == nil, let call = nodes[node].task else { return false }
        return call.foreach == nil
    }
}

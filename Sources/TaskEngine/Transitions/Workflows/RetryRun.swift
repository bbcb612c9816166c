package import Storage

/// Runs again what did not succeed of a run that has ended.
///
/// Nodes that succeeded keep their output, and so do those whose failure does not count (`on_failure: continue`) unless the run was
/// ended from outside; all others wait or run again, with the retry budget of the beginning. Of a list, elements that succeeded stay,
/// unless a node above it runs again too: then its list may be another one, and the node begins anew, without its old elements.
/// Before the commit the run is as it ended; after it it is running.
package enum RetryRun {
    /// What a retry led to.
    package enum Result: Sendable {
        /// So many nodes run again; the changes are to be announced.
        case retried(nodes: Int, changes: [TaskChange])
        /// It has not ended, or it succeeded.
        case refused(RunState)
        /// All its nodes succeeded before it was ended: none is left to run.
        case nothingLeft
        /// It ended long ago, and some of its tasks have been deleted already (``PruneRuns``).
        case pruned
        /// It is the run of a node of this one, which is to be retried instead.
        case child(of: Int64)
        /// The tenant has no such run.
        case unknown
    }

    /// Runs the nodes again that did not succeed, at `now`, microseconds since 1970.
    package static func retry(
        _ id: Int64, tenant: String, _ workflows: Workflows, now: Int64, on connection: any Connection
    ) throws -> Result {
        let held = try RunRow.hold([id], on: connection)
        guard let run = held[id], run.tenant == tenant else { return .unknown }
        switch run.state {
        case .pending, .running, .succeeded: return .refused(run.state)
        case .failed, .cancelled, .timedOut: break
        }
        if let parent = run.parentRun { return .child(of: parent) }
        var advance = RunAdvance(workflows, holding: held, now: now, on: connection)
        guard let count = try advance.bringBack(run) else { return .pruned }
        return count == 0 ? .nothingLeft : .retried(nodes: count, changes: try advance.finish())
    }
}

extension RunAdvance {
    /// A row of a run that is brought back.
    private struct OldRow {
        let id: Int64
        let node: Int
        let element: Int?
        let state: TaskState
        let startedAt: Int64?
    }

    /// - Returns: how many nodes; with none nothing was changed. Nil when tasks of the run are missing.
    fileprivate mutating func bringBack(_ run: RunRow) throws -> Int? {
        let plan = try plan(of: run)
        let rows = try rows(of: run.id)
        guard rows.count == run.taskCount else { return nil }
        let wasEnded = run.isEnding
        let back = Set(
            rows.filter { row in
                guard row.element == nil, row.state != .succeeded else { return false }
                return wasEnded || row.state == .skipped || plan.nodes[row.node].onFailure == .fail
            }.map(\.node))
        guard !back.isEmpty else { return 0 }
        let elements = Dictionary(grouping: rows.filter { $0.element != nil && back.contains($0.node) }, by: \.node)
        var changed: [(OldRow, TaskState, pending: Int, startedAt: Int64?)] = []
        var forgotten: [Int64] = []
        for row in rows where row.element == nil && back.contains(row.node) {
            let parents = plan.parents[row.node].count { back.contains($0) }
            guard parents == 0 else {
                changed.append((row, .waiting, parents, nil))
                forgotten += (elements[row.node] ?? []).map(\.id)
                continue
            }
            let mine = (elements[row.node] ?? []).filter { $0.state != .succeeded }
            let begunAt = plan.nodes[row.node].task?.foreach != nil && row.state != .skipped ? row.startedAt : nil
            let pending = begunAt == nil ? 0 : mine.count
            changed.append((row, .waiting, pending, begunAt))
            if pending == 0 { due.append(Due(id: row.id, run: run.id, node: row.node, startedAt: begunAt)) }
            let room = plan.nodes[row.node].task?.concurrency ?? .max
            for (index, element) in mine.enumerated() {
                changed.append((element, index < room ? .queued : .waiting, index < room ? 0 : 1, nil))
            }
        }
        let kept = rows.filter { $0.element == nil && $0.state != .succeeded && !back.contains($0.node) }.count
        reopen(run, plan, unfinished: back.count, flawed: kept, without: forgotten.count)
        try store(changed)
        try forget(forgotten)
        return back.count
    }

    /// Deletes elements and what they have stored; their log lines stay with the run.
    private func forget(_ elements: [Int64]) throws {
        let elements = elements.sorted()
        guard let slice = PruneSlice(elements) else { return }
        try PruneArtifacts.prune(storedBy: elements, on: connection)
        for table in PruneSlice.Table.allCases where try slice.hasRows(in: table, connection) { try slice.delete(from: table, connection) }
        _ = try slice.deleteTasks(connection)
    }

    private func rows(of run: Int64) throws -> [OldRow] {
        try connection.rows(
            "SELECT id, node, element, state, started_at FROM tasks WHERE run_id = \(run) ORDER BY node, element"
        ) { row in
            OldRow(
                id: row.int(0), node: Int(row.int(1)), element: row.intOrNil(2).map(Int.init), state: try TaskState(stored: row.text(3)),
                startedAt: row.intOrNil(4))
        }
    }

    private mutating func reopen(_ run: RunRow, _ plan: WorkflowPlan, unfinished: Int, flawed: Int, without elements: Int) {
        var run = run
        run.state = .running
        run.startedAt = run.startedAt ?? now
        run.finishedAt = nil
        run.deadlineAt = workflows.deadline(of: plan.definition, now: now)
        (run.cancelRequestedAt, run.cancelReason, run.cancelState) = (nil, nil, nil)
        (run.unfinished, run.flawed, run.failed) = (Int64(unfinished), Int64(flawed), 0)
        run.taskCount -= Int64(elements)
        runs[run.id] = run
        touched.insert(run.id)
    }

    private mutating func store(_ changed: [(row: OldRow, state: TaskState, pending: Int, startedAt: Int64?)]) throws {
        guard !changed.isEmpty else { return }
        var rows = RowSet([.bigint("id"), .text("state"), .bigint("pending"), .bigint("started_at")], capacity: changed.count)
        for change in changed {
            rows.append([.int(change.row.id), .text(change.state.rawValue), .int(Int64(change.pending)), .int(change.startedAt)])
        }
        changes += try connection.rows(
            """
            UPDATE tasks
            SET state = r.state, pending = r.pending, started_at = r.started_at, ready_at = \(now), finished_at = NULL,
                cancel_requested_at = NULL, lost = 0, attempt_base = tasks.attempt, error_code = NULL, error_message = NULL,
                version = tasks.version + 1
            FROM \(rows, as: "r") WHERE tasks.id = r.id
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
    }
}

package import Storage

/// Runs again what did not succeed of a run that has ended.
///
/// Nodes that succeeded keep their output, and so do those whose failure does not count (`on_failure: continue`) unless the run was
/// ended from outside; all others wait or run again, with the retry budget of the beginning. Of a list, elements that succeeded stay. Before
/// the commit the run is as it ended; after it it is running.
package enum RetryRun {
    /// What a retry led to.
    package enum Result: Sendable {
        /// So many nodes run again; the changes are to be announced.
        case retried(nodes: Int, changes: [TaskChange])
        /// It has not ended, or it succeeded. Also `running` when it has ended while something of it still runs that was told to
        /// stop: a node that was cancelled by itself does not wait for its elements.
        case refused(RunState)
        /// All its nodes succeeded before it was ended: none is left to run.
        case nothingLeft
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
        if try hasUnfinishedChild(run, connection) { return .refused(.running) }
        switch try advance.bringBack(run) {
        case .busy: return .refused(.running)
        case .nodes(0): return .nothingLeft
        case .nodes(let count): return .retried(nodes: count, changes: try advance.finish())
        }
    }

    private static func hasUnfinishedChild(_ run: RunRow, _ connection: any Connection) throws -> Bool {
        try connection.row(
            """
            SELECT 1 FROM workflow_runs WHERE root = \(run.root) AND parent_task IS NOT NULL AND finished_at IS NULL LIMIT 1
            """
        ) { _ in true } ?? false
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

    fileprivate enum BroughtBack {
        /// So many. With none nothing was changed.
        case nodes(Int)
        /// Something of the run still runs. Nothing was changed.
        case busy
    }

    fileprivate mutating func bringBack(_ run: RunRow) throws -> BroughtBack {
        let plan = try plan(of: run)
        let rows = try rows(of: run.id)
        guard !rows.contains(where: { $0.state == .running }) else { return .busy }
        let wasEnded = run.isEnding
        let back = Set(
            rows.filter { row in
                guard row.element == nil, row.state != .succeeded else { return false }
                return wasEnded || row.state == .skipped || plan.nodes[row.node].onFailure == .fail
            }.map(\.node))
        guard !back.isEmpty else { return .nodes(0) }
        var elements: [Int: [OldRow]] = [:]
        for row in rows where row.element != nil && row.state != .succeeded && back.contains(row.node) {
            elements[row.node, default: []].append(row)
        }
        var changed: [(OldRow, TaskState, pending: Int, startedAt: Int64?)] = []
        for row in rows where row.element == nil && back.contains(row.node) {
            let mine = elements[row.node] ?? []
            let hasBegun = row.startedAt != nil && plan.nodes[row.node].task?.foreach != nil && row.state != .skipped
            let parents = plan.parents[row.node].count { back.contains($0) }
            let pending = parents + (hasBegun ? mine.count : 0)
            changed.append((row, .waiting, pending, hasBegun ? row.startedAt : nil))
            if pending == 0 { due.append(Due(id: row.id, run: run.id, node: row.node, startedAt: hasBegun ? row.startedAt : nil)) }
            let room = plan.nodes[row.node].task?.concurrency ?? .max
            for (index, element) in mine.enumerated() {
                changed.append((element, index < room ? .queued : .waiting, index < room ? 0 : 1, nil))
            }
        }
        let kept = rows.filter { $0.element == nil && $0.state != .succeeded && !back.contains($0.node) }.count
        reopen(run, plan, unfinished: back.count, flawed: kept)
        try store(changed)
        return .nodes(back.count)
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

    private mutating func reopen(_ run: RunRow, _ plan: WorkflowPlan, unfinished: Int, flawed: Int) {
        var run = run
        run.state = .running
        run.startedAt = run.startedAt ?? now
        run.finishedAt = nil
        run.deadlineAt = workflows.deadline(of: plan.definition, now: now)
        (run.cancelRequestedAt, run.cancelReason, run.cancelState) = (nil, nil, nil)
        (run.unfinished, run.flawed, run.failed) = (Int64(unfinished), Int64(flawed), 0)
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

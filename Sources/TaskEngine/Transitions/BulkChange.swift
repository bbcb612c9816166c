package import Storage

/// Retries or cancels a slice of tasks, by the rules of ``Redrive`` and ``Cancel``, and records how far the operation is.
///
/// One transaction: before the commit neither a task nor the operation's position has changed, after it both have. So an
/// operation that dies in between goes on with the next slice and counts nothing twice. Refused to an attempt that does not
/// hold the operation any more.
///
/// Lock order: it waits for the operation's own row while it holds nothing, and for no task at all. Whoever completes, rescues
/// or cancels tasks at the same time may hold some of the slice and want others, in any order; so the slice ends before the
/// first task that somebody holds, and that one is the first of the next slice.
package struct BulkChange: Sendable {
    /// Most tasks in one transaction.
    package static let largestSlice = 250

    let action: BulkAction
    let operation: ClaimedOperation
    /// Whose tasks these are.
    package let tenant: String
    /// States that the filter allows; a task that has left them since it was found is skipped.
    let states: [TaskState]
    /// At most ``largestSlice``.
    package let ids: [Int64]
    /// Every task up to here was looked at to find them.
    let lookedTo: Int64
    let workflows: Workflows

    package init(
        action: BulkAction, operation: ClaimedOperation, tenant: String, states: [TaskState], ids: [Int64], lookedTo: Int64,
        workflows: Workflows = Workflows()
    ) {
        self.workflows = workflows
        self.action = action
        self.operation = operation
        self.tenant = tenant
        self.states = states
        self.ids = ids
        self.lookedTo = lookedTo
    }

    /// The fence of the operation's own task.
    package struct ClaimedOperation: Sendable {
        let id: Int64
        let claim: Int64

        package init(id: Int64, claim: Int64) {
            self.id = id
            self.claim = claim
        }
    }

    /// What was committed.
    package struct Result: Sendable {
        /// How far the operation is now.
        package var progress: BulkProgress
        /// To be announced.
        package var changes: [TaskChange] = []
        /// Of workflow runs, whose nodes are among those: to be announced as well.
        package var further: [TaskChange] = []
        /// Running tasks whose workers are to be told.
        package var cancels: [Int64] = []

        package init(progress: BulkProgress, changes: [TaskChange] = []) {
            self.progress = progress
            self.changes = changes
        }
    }

    /// - Returns: nil when another attempt holds the operation; nothing was changed then. The position of the progress says how
    ///   far the slice came: less than ``lookedTo`` when somebody holds a task of it, and where it was when that is the first.
    package func apply(now: Int64, on connection: any Connection) throws -> Result? {
        guard let progress = try Self.hold(operation, on: connection), progress.position < lookedTo else { return nil }
        var result = Result(progress: progress)
        let slice = try lock(connection)
        guard slice.position > progress.position else { return result }
        result.progress.matched += slice.found.count + slice.gone
        result.progress.skip("gone", slice.gone)
        switch action {
        case .retry: try retry(slice.found, &result, now: now, connection)
        case .cancel: try cancel(slice.found, &result, now: now, connection)
        }
        result.progress.changed += result.changes.count
        result.progress.position = slice.position
        try Self.store(result.progress, operation, on: connection)
        return result
    }

    /// What is recorded of an operation, held until the commit; nil when this claim does not hold its task any more. A task that was
    /// rescued keeps its claim number until the next claim, and has no worker.
    static func hold(_ operation: ClaimedOperation, on connection: any Connection) throws -> BulkProgress? {
        let stored = try connection.row(
            """
            SELECT (SELECT p.metadata FROM task_payloads AS p WHERE p.task_id = t.id) FROM tasks AS t
            WHERE t.id = \(operation.id) AND t.claim = \(operation.claim) AND t.worker IS NOT NULL\(lock: .update)
            """
        ) { $0.textOrNil(0) }
        return try stored.map { try $0.map(BulkProgress.init(stored:)) ?? BulkProgress(total: -1) }
    }

    /// Records how far an operation is; the caller holds it. A task whose input is empty has no payload before.
    static func store(_ progress: BulkProgress, _ operation: ClaimedOperation, on connection: any Connection) throws {
        try connection.execute(
            """
            INSERT INTO task_payloads (task_id, input, metadata) VALUES (\(operation.id), '{}', \(try progress.encoded()))
            ON CONFLICT (task_id) DO UPDATE SET metadata = excluded.metadata
            """)
    }

    // MARK: - Tasks

    private struct Found {
        let id: Int64
        let state: TaskState
        let type: String
        let uniqueKey: String?
        let isCancelRequested: Bool
        /// The workflow run that it is a node of.
        let run: Int64?
        /// Whether it is a node that waits for its elements or its child run.
        let hasBegun: Bool
    }

    /// The part of the slice that nobody else holds.
    private struct Slice {
        /// Locked.
        var found: [Found]
        /// Ids without a task.
        var gone: Int
        /// Every task up to here is in ``found`` or gone.
        var position: Int64
    }

    private func lock(_ connection: any Connection) throws -> Slice {
        let found = try lockFree(connection)
        guard found.count < ids.count else { return Slice(found: found, gone: 0, position: lookedTo) }
        let free = Set(found.map(\.id))
        let rest = ids.filter { !free.contains($0) }
        // A statement of its own: what is still there is held by somebody, or was until a moment ago.
        guard let busy = try firstOf(rest, connection) else { return Slice(found: found, gone: rest.count, position: lookedTo) }
        return Slice(found: found.filter { $0.id < busy }, gone: rest.count { $0 < busy }, position: busy - 1)
    }

    private func lockFree(_ connection: any Connection) throws -> [Found] {
        let rows = RowSet(ids: ids)
        return try connection.rows(
            """
            \(fragment: heldRoots(connection))SELECT t.id, t.type, t.unique_key, t.cancel_requested_at, t.state, t.run_id, t.element, t.started_at
            FROM \(rows, as: "r") CROSS JOIN tasks AS t
            WHERE t.id = r.id AND t.tenant = \(tenant)\(fragment: hasHeldRoot(connection)) ORDER BY t.id\(lock: .updateSkipLocked)
            """
        ) { row in
            Found(
                id: row.int(0), state: try TaskState(stored: row.text(4)), type: row.text(1), uniqueKey: row.textOrNil(2),
                isCancelRequested: row.intOrNil(3) != nil, run: row.intOrNil(5), hasBegun: TaskNode.hasBegun(row, from: 4))
        }
    }

    /// Runs first, as everybody locks them; one that somebody holds counts as if its tasks were held.
    private func heldRoots(_ connection: any Connection) -> SQL {
        guard connection.dialect == .postgres else { return "" }
        return """
            WITH mine AS MATERIALIZED (
                SELECT DISTINCT t.run_id FROM \(RowSet(ids: ids), as: "m") CROSS JOIN tasks AS t WHERE t.id = m.id AND t.run_id IS NOT NULL),
            roots AS MATERIALIZED (
                SELECT w.id FROM workflow_runs AS w
                WHERE w.id IN (SELECT x.root FROM mine JOIN workflow_runs AS x ON x.id = mine.run_id) ORDER BY w.id FOR UPDATE SKIP LOCKED),
            runs_held AS MATERIALIZED (
                SELECT x.id FROM mine JOIN workflow_runs AS x ON x.id = mine.run_id JOIN roots ON roots.id = x.root)

            """
    }

    private func hasHeldRoot(_ connection: any Connection) -> SQL {
        guard connection.dialect == .postgres else { return "" }
        return " AND (t.run_id IS NULL OR t.run_id IN (SELECT h.id FROM runs_held AS h))"
    }

    private func firstOf(_ ids: [Int64], _ connection: any Connection) throws -> Int64? {
        let rows = RowSet(ids: ids)
        return try connection.row(
            "SELECT MIN(t.id) FROM \(rows, as: "r") CROSS JOIN tasks AS t WHERE t.id = r.id AND t.tenant = \(tenant)"
        ) { $0.intOrNil(0) } ?? nil
    }

    private func retry(_ found: [Found], _ result: inout Result, now: Int64, _ connection: any Connection) throws {
        var back = found.filter { allows($0.state) && $0.run == nil }
        for task in found where !allows(task.state) { result.progress.skip(task.state.rawValue, 1) }
        // A node comes back with its run: POST /workflow_runs/{id}/retry.
        result.progress.skip("node", found.count { allows($0.state) && $0.run != nil })
        let claimants = back.compactMap { task in
            task.uniqueKey.map { UniqueKeys.Claimant(task: task.id, tenant: tenant, type: task.type, key: UniqueKey($0)) }
        }
        let held = try UniqueKeys.acquire(claimants, now: now, on: connection)
        back.removeAll { held[$0.id] != nil }
        result.progress.skip("unique_key_taken", held.count)
        result.changes = try Redrive.queue(back.map(\.id), now: now, on: connection)
    }

    private func cancel(_ found: [Found], _ result: inout Result, now: Int64, _ connection: any Connection) throws {
        var (waiting, begun): ([Int64], [Int64]) = ([], [])
        for task in found {
            switch task.state {
            case _ where !allows(task.state): result.progress.skip(task.state.rawValue, 1)
            case .running where task.isCancelRequested: result.progress.skip("cancel_requested", 1)
            case .waiting where task.hasBegun && task.isCancelRequested: result.progress.skip("cancel_requested", 1)
            case .running: result.cancels.append(task.id)
            case .waiting where task.hasBegun: begun.append(task.id)
            case .waiting, .scheduled, .queued: waiting.append(task.id)
            case .succeeded, .failed, .cancelled, .skipped: result.progress.skip(task.state.rawValue, 1)
            }
        }
        let cancelled = try Cancel.cancelWaiting(waiting, now: now, on: connection)
        let stopped = try Cancel.request(begun, now: now, on: connection)
        result.changes = try cancelled + stopped + Cancel.request(result.cancels, now: now, on: connection)
        let runs = Set((cancelled + stopped).compactMap { $0.node?.run })
        guard !runs.isEmpty else { return }
        var advance = RunAdvance(workflows, holding: try RunRow.hold(runs, on: connection), now: now, on: connection)
        advance.add(cancelled)
        result.cancels += try advance.stop(stopped)
        result.further = try advance.finish(telling: &result.changes)
    }

    private func allows(_ state: TaskState) -> Bool { states.contains(state) }
}

extension BulkProgress {
    /// Counts tasks that matched and were left as they are.
    fileprivate mutating func skip(_ reason: String, _ count: Int) {
        if count > 0 { skipped[reason, default: 0] += count }
    }
}

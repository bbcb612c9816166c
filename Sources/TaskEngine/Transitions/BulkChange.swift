import Storage

/// Retries or cancels a slice of tasks, by the rules of ``Redrive`` and ``Cancel``, and records how far the operation is.
///
/// One transaction: before the commit neither a task nor the operation's position has changed, after it both have. So an
/// operation that dies in between goes on with the next slice and counts nothing twice. Refused to an attempt that does not
/// hold the operation any more.
struct BulkChange: Sendable {
    /// Most tasks in one transaction.
    static let largestSlice = 250

    let action: BulkAction
    let operation: ClaimedOperation
    let tenant: String
    /// States that the filter allows; a task that has left them since it was found is skipped.
    let states: [TaskState]
    /// At most ``largestSlice``.
    let ids: [Int64]
    /// Every task up to here was looked at to find them.
    let lookedTo: Int64

    /// The fence of the operation's own task.
    struct ClaimedOperation: Sendable {
        let id: Int64
        let claim: Int64
    }

    /// What was committed.
    struct Result: Sendable {
        var progress: BulkProgress
        /// To be announced.
        var changes: [TaskChange] = []
        /// Running tasks whose workers are to be told.
        var cancels: [Int64] = []
    }

    /// - Returns: nil when another attempt holds the operation; nothing was changed then.
    func apply(now: Int64, on connection: any Connection) throws -> Result? {
        guard let progress = try Self.hold(operation, on: connection), progress.position < lookedTo else { return nil }
        var result = Result(progress: progress)
        let found = try lock(connection)
        result.progress.matched += ids.count
        result.progress.skip("gone", ids.count - found.count)
        switch action {
        case .retry: try retry(found, &result, now: now, connection)
        case .cancel: try cancel(found, &result, now: now, connection)
        }
        result.progress.changed += result.changes.count
        result.progress.position = lookedTo
        try Self.store(result.progress, operation, on: connection)
        return result
    }

    /// What is recorded of an operation, held until the commit; nil when this claim does not hold its task any more.
    static func hold(_ operation: ClaimedOperation, on connection: any Connection) throws -> BulkProgress? {
        let stored = try connection.row(
            """
            SELECT (SELECT p.metadata FROM task_payloads AS p WHERE p.task_id = t.id) FROM tasks AS t
            WHERE t.id = \(operation.id) AND t.claim = \(operation.claim) AND t.finished_at IS NULL\(lock: .update)
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
    }

    private func lock(_ connection: any Connection) throws -> [Found] {
        let rows = RowSet(ids: ids)
        return try connection.rows(
            """
            SELECT t.id, t.state, t.type, t.unique_key, t.cancel_requested_at FROM \(rows, as: "r") CROSS JOIN tasks AS t
            WHERE t.id = r.id AND t.tenant = \(tenant) ORDER BY t.id\(lock: .update)
            """
        ) { row in
            Found(
                id: row.int(0), state: try TaskState(stored: row.text(1)), type: row.text(2), uniqueKey: row.textOrNil(3),
                isCancelRequested: row.intOrNil(4) != nil)
        }
    }

    private func retry(_ found: [Found], _ result: inout Result, now: Int64, _ connection: any Connection) throws {
        var back = found.filter { allows($0.state) }
        for task in found where !allows(task.state) { result.progress.skip(task.state.rawValue, 1) }
        let claimants = back.compactMap { task in
            task.uniqueKey.map { UniqueKeys.Claimant(task: task.id, tenant: tenant, type: task.type, key: UniqueKey($0)) }
        }
        let held = try UniqueKeys.acquire(claimants, now: now, on: connection)
        back.removeAll { held[$0.id] != nil }
        result.progress.skip("unique_key_taken", held.count)
        result.changes = try Redrive.queue(back.map(\.id), now: now, on: connection)
    }

    private func cancel(_ found: [Found], _ result: inout Result, now: Int64, _ connection: any Connection) throws {
        var waiting: [Int64] = []
        for task in found {
            switch task.state {
            case _ where !allows(task.state): result.progress.skip(task.state.rawValue, 1)
            case .running where task.isCancelRequested: result.progress.skip("cancel_requested", 1)
            case .running: result.cancels.append(task.id)
            case .waiting, .scheduled, .queued: waiting.append(task.id)
            case .succeeded, .failed, .cancelled, .skipped: result.progress.skip(task.state.rawValue, 1)
            }
        }
        result.changes = try Cancel.cancelWaiting(waiting, now: now, on: connection)
        result.changes += try Cancel.request(result.cancels, now: now, on: connection)
    }

    private func allows(_ state: TaskState) -> Bool { states.contains(state) }
}

extension BulkProgress {
    /// Counts tasks that matched and were left as they are.
    fileprivate mutating func skip(_ reason: String, _ count: Int) {
        if count > 0 { skipped[reason, default: 0] += count }
    }
}

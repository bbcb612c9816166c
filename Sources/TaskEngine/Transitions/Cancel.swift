package import Storage

/// Cancels one task of a tenant.
///
/// Work that does not run is cancelled in this transaction. Running work is marked: its worker learns of it at once in
/// the same process, through a notification or at its next heartbeat elsewhere, and ends the attempt. If that worker dies
/// first, the rescue cancels the task. A node of a workflow run that has begun and waits for its elements or its child run is marked
/// too: what it waits for is cancelled in this transaction or marked, and the node ends, as cancelled, with the last of it.
package enum Cancel {
    /// What a cancel led to.
    package enum Result: Sendable, Equatable {
        /// It did not run and never will. Further changes are those of its workflow run.
        case cancelled(TaskChange, further: [TaskChange] = [])
        /// It runs, or something of it does; the time of the (first) request. Further changes are those of what is below it, and
        /// `cancels` are running tasks whose workers are to be told.
        case requested(TaskChange, at: Int64, further: [TaskChange] = [], cancels: [Int64] = [])
        /// It had already ended in this state.
        case finished(TaskState)
        /// The tenant has no such task.
        case unknown
    }

    /// Cancels or marks the task at `now`, microseconds since 1970.
    package static func cancel(
        task id: Int64, tenant: String, _ workflows: Workflows = Workflows(), now: Int64, on connection: any Connection
    ) throws -> Result {
        let run: SQL = "SELECT t.run_id FROM tasks AS t WHERE t.id = \(id) AND t.tenant = \(tenant)"
        let found = try connection.row(
            """
            \(fragment: RunLocks.with(run, one: true, on: connection))SELECT state, run_id, element, started_at FROM tasks
            WHERE id = \(id) AND tenant = \(tenant)\(fragment: RunLocks.held(on: connection))\(lock: .update)
            """
        ) { row in (state: try TaskState(stored: row.text(0)), run: row.intOrNil(1), hasBegun: TaskNode.hasBegun(row, from: 0)) }
        guard let found else { return .unknown }
        guard let run = found.run else { return try cancel(id, found.state, now: now, connection) }
        if found.hasBegun { return try cancelBegun(id, run: run, workflows, now: now, connection) }
        let result = try cancel(id, found.state, now: now, connection)
        guard case .cancelled(let change, _) = result else { return result }
        var ended = [change]
        let further = try RunAdvance.advance(
            &ended, holding: try RunRow.hold([run], on: connection), workflows, now: now, on: connection)
        return .cancelled(ended[0], further: further)
    }

    /// A node whose elements or child run have begun.
    private static func cancelBegun(
        _ id: Int64, run: Int64, _ workflows: Workflows, now: Int64, _ connection: any Connection
    ) throws -> Result {
        guard case .requested(let change, let time, _, _) = try request(id, now: now, connection) else { return .unknown }
        var advance = RunAdvance(workflows, holding: try RunRow.hold([run], on: connection), now: now, on: connection)
        let cancels = try advance.stop([change])
        let further = try advance.finish()
        guard let end = further.last(where: { $0.id == id && $0.state.isTerminal }) else {
            return .requested(change, at: time, further: further, cancels: cancels)
        }
        return .cancelled(end, further: further.filter { $0.id != id })
    }

    private static func cancel(_ id: Int64, _ state: TaskState, now: Int64, _ connection: any Connection) throws -> Result {
        switch state {
        case .waiting, .scheduled, .queued: return try cancelWaiting(id, now: now, connection)
        case .running: return try request(id, now: now, connection)
        case .succeeded, .failed, .cancelled, .skipped: return .finished(state)
        }
    }

    private static func cancelWaiting(_ id: Int64, now: Int64, _ connection: any Connection) throws -> Result {
        let change = try connection.row(
            """
            UPDATE tasks
            SET state = 'cancelled', finished_at = \(now), cancel_requested_at = \(now), version = version + 1
            WHERE id = \(id) RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
        return change.map { .cancelled($0) } ?? .unknown
    }

    private static func request(_ id: Int64, now: Int64, _ connection: any Connection) throws -> Result {
        let marked = try connection.row(
            """
            UPDATE tasks SET cancel_requested_at = COALESCE(cancel_requested_at, \(now)), version = version + 1
            WHERE id = \(id) RETURNING \(fragment: TaskChange.columns), cancel_requested_at
            """
        ) { row in (try TaskChange(row), row.int(TaskChange.columnCount)) }
        return marked.map { .requested($0.0, at: $0.1) } ?? .unknown
    }

    /// Cancels tasks that the caller has locked and found not to run.
    static func cancelWaiting(_ ids: [Int64], now: Int64, on connection: any Connection) throws -> [TaskChange] {
        guard !ids.isEmpty else { return [] }
        return try connection.rows(
            """
            UPDATE tasks
            SET state = 'cancelled', finished_at = \(now), cancel_requested_at = \(now), version = version + 1
            FROM \(RowSet(ids: ids), as: "r") WHERE tasks.id = r.id RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
    }

    /// Marks tasks that the caller has locked and found to run unasked; their workers are to be told after the commit.
    static func request(_ ids: [Int64], now: Int64, on connection: any Connection) throws -> [TaskChange] {
        guard !ids.isEmpty else { return [] }
        return try connection.rows(
            """
            UPDATE tasks SET cancel_requested_at = \(now), version = version + 1
            FROM \(RowSet(ids: ids), as: "r") WHERE tasks.id = r.id RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
    }
}

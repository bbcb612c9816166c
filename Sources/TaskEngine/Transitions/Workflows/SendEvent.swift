package import Storage

/// Tells a run that something happened: nodes that wait for it succeed with its data as their output.
///
/// Before the commit nothing has happened; after it the event is kept with the run, and no node waits for it any more. One
/// that comes before its node waits is kept for the first node that comes to wait for it.
package enum SendEvent {
    /// What an event led to.
    package enum Result: Sendable, Equatable {
        /// So many nodes went on; the changes are to be announced.
        case taken(nodes: Int, changes: [TaskChange])
        /// Nobody waits for it yet: it is kept.
        case kept
        /// The run has ended, or is being ended.
        case finished(RunState)
        /// The run has been told as much as is kept of it.
        case tooMany
        /// The tenant has no such run.
        case unknown
    }

    /// - Parameter data: JSON.
    package static func send(
        _ name: String, data: String, to run: Int64, tenant: String, _ workflows: Workflows, now: Int64, on connection: any Connection
    ) throws -> Result {
        let held = try RunRow.hold([run], on: connection)
        guard let row = held[run], row.tenant == tenant else { return .unknown }
        guard row.finishedAt == nil, !row.isEnding else { return .finished(row.cancelState ?? row.state) }
        guard try count(run, connection) < workflows.limits.mostEvents else { return .tooMany }
        let plan = try workflows.plans.plan(row.head, on: connection)
        let nodes = plan.nodes.indices.filter { index in
            if case .waitEvent(let awaited, _) = plan.nodes[index].kind { awaited == name } else { false }
        }
        var ended = try succeed(nodes, of: run, data: data, now: now, connection)
        try insert(name, data, run, node: ended.first?.node?.index, now: now, connection)
        guard !ended.isEmpty else { return .kept }
        let further = try RunAdvance.advance(&ended, holding: held, workflows, now: now, on: connection)
        return .taken(nodes: ended.count, changes: ended + further)
    }

    private static func count(_ run: Int64, _ connection: any Connection) throws -> Int64 {
        try connection.row("SELECT COUNT(*) FROM workflow_events WHERE run_id = \(run)") { $0.int(0) } ?? 0
    }

    /// Those whose timer has not been claimed yet.
    private static func succeed(
        _ nodes: [Int], of run: Int64, data: String, now: Int64, _ connection: any Connection
    ) throws -> [TaskChange] {
        guard !nodes.isEmpty else { return [] }
        let rows = RunAdvance.rows(Set(nodes.map { RunAdvance.Place(run: run, node: $0) }))
        let ended = try connection.rows(
            """
            UPDATE tasks SET state = 'succeeded', finished_at = \(now), version = tasks.version + 1 FROM \(rows, as: "r")
            WHERE tasks.run_id = r.run_id AND tasks.node = r.node AND tasks.element IS NULL
                AND \(plainColumn: "tasks.state") IN ('scheduled', 'queued')
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
        var outputs = RowSet([.bigint("task_id")], capacity: ended.count)
        for change in ended { outputs.append([.int(change.id)]) }
        try connection.forEach(
            outputs,
            """
            INSERT INTO task_results (task_id, output, created_at) SELECT r.task_id, \(data), \(now) FROM \(outputs, as: "r") WHERE true
            ON CONFLICT (task_id) DO UPDATE SET output = excluded.output, created_at = excluded.created_at
            """)
        return ended
    }

    private static func insert(
        _ name: String, _ data: String, _ run: Int64, node: Int?, now: Int64, _ connection: any Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO workflow_events (id, run_id, name, data, created_at, node)
            VALUES (\(try connection.allocateID()), \(run), \(name), \(data), \(now), \(node.map(Int64.init)))
            """)
    }
}

extension RunAdvance {
    /// Takes an event that came before, else waits for it.
    func awaitEvent(_ turn: Due, _ name: String, limit: Int64?) throws -> Step {
        let data = try connection.row(
            """
            UPDATE workflow_events SET node = \(Int64(turn.node)) WHERE id = (
                SELECT e.id FROM workflow_events AS e WHERE e.run_id = \(turn.run) AND e.name = \(name) AND e.node IS NULL ORDER BY e.id LIMIT 1)
            RETURNING data
            """
        ) { $0.text(0) }
        if let data { return .succeed(output: data) }
        // Without a limit of its own the run's ends it.
        return .schedule(at: limit.map { now + $0 * 1000 } ?? Self.never)
    }

    /// The last day that is written with four digits.
    private static let never: Int64 = 253_402_214_400_000_000
}

import Storage

/// Says what a node of a workflow run waits for that is no slot of a pool: parents, elements, a child run, an event, its time.
enum ReadNodeWait {
    /// Unfinished parents that are named.
    static let mostParents = 20

    /// Empty for a task that is no node, and for a node that waits like any task.
    static func reasons(
        _ task: WhyFacts.Task, tenant: String, _ workflows: Workflows, on connection: any Connection
    ) throws -> [WhyReason] {
        switch task.state {
        case .queued, .running, .succeeded, .failed, .cancelled, .skipped: return []
        case .waiting, .scheduled: break
        }
        guard let place = try place(task.id, tenant, connection) else { return [] }
        let plan = try workflows.plans.plan(place.head, on: connection)
        guard plan.nodes.indices.contains(place.node) else { return [] }
        if task.state == .scheduled { return scheduled(plan.nodes[place.node].kind, task) }
        if place.isElement { return [.waitingForRoom] }
        guard task.startedAt != nil else { return [try parents(place, plan, connection)] }
        if case .workflow = plan.nodes[place.node].kind { return [.waitingForRun(try child(of: task.id, connection))] }
        return [.waitingForElements(place.pending)]
    }

    private static func scheduled(_ kind: WorkflowDefinition.Kind, _ task: WhyFacts.Task) -> [WhyReason] {
        switch kind {
        case .waitEvent(let name, let limit): [.waitingForEvent(name: name, until: limit == nil ? nil : task.readyAt)]
        case .sleep: [.scheduled(runAt: task.readyAt)]
        case .task, .workflow: []
        }
    }

    // MARK: - Statements

    private struct Place {
        let head: RunHead
        let node: Int
        let isElement: Bool
        let pending: Int
    }

    private static func place(_ task: Int64, _ tenant: String, _ connection: any Connection) throws -> Place? {
        try connection.row(
            """
            SELECT t.run_id, t.node, t.element, t.pending, w.definition, d.digest
            FROM tasks AS t JOIN workflow_runs AS w ON w.id = t.run_id JOIN workflows AS d ON d.id = w.definition
            WHERE t.id = \(task) AND t.tenant = \(tenant)
            """
        ) { row in
            Place(
                head: RunHead(id: row.int(0), definition: row.int(4), digest: row.text(5)), node: Int(row.int(1)),
                isElement: row.intOrNil(2) != nil, pending: Int(row.intOrNil(3) ?? 0))
        }
    }

    private static func parents(_ place: Place, _ plan: WorkflowPlan, _ connection: any Connection) throws -> WhyReason {
        let all = plan.parents[place.node]
        guard !all.isEmpty else { return .waitingForParents([], more: 0) }
        let rows = RunAdvance.rows(Set(all.map { RunAdvance.Place(run: place.head.id, node: $0) }))
        let unfinished = try connection.rows(
            """
            SELECT t.node, t.id, t.state FROM \(rows, as: "r") CROSS JOIN tasks AS t
            WHERE t.run_id = r.run_id AND t.node = r.node AND t.element IS NULL
                AND \(plainColumn: "t.state") IN ('waiting', 'scheduled', 'queued', 'running')
            ORDER BY t.node
            """
        ) { WhyParent(node: plan.nodes[Int($0.int(0))].id, task: $0.int(1), state: try TaskState(stored: $0.text(2))) }
        let named = Array(unfinished.prefix(mostParents))
        return .waitingForParents(named, more: unfinished.count - named.count)
    }

    private static func child(of task: Int64, _ connection: any Connection) throws -> Int64? {
        try connection.row("SELECT id FROM workflow_runs WHERE parent_task = \(task) ORDER BY id DESC LIMIT 1") { $0.int(0) }
    }
}

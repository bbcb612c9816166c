import JSONText
package import Storage

/// Starts runs: the run and a task for each of its nodes, in one transaction.
///
/// Before the commit nothing of it exists; after it every node waits for its parents, for a slot or for its time, even if the
/// process dies at once. A start that is repeated with the same key answers the run that is there.
package enum StartRun {
    /// A run as a client wants it.
    package struct Request: Sendable {
        /// Name of the workflow.
        package var workflow: String
        /// Nil: the latest.
        package var version: Int?
        /// Row of `workflows` that the run follows whatever its name means today; nil to look for ``workflow`` and ``version``.
        package var definition: Int64?
        /// JSON object; nil for none.
        package var params: String?
        /// The caller's own name for the run, unique for its tenant; nil for none.
        package var key: String?
        /// JSON array of strings; nil for none.
        package var tags: String?
        /// JSON object; nil for none.
        package var metadata: String?

        package init(
            workflow: String, version: Int? = nil, params: String? = nil, key: String? = nil, tags: String? = nil, metadata: String? = nil
        ) {
            self.workflow = workflow
            self.version = version
            self.params = params
            self.key = key
            self.tags = tags
            self.metadata = metadata
        }
    }

    /// What a start led to.
    package enum Result: Sendable {
        /// A new run; the changes are to be announced.
        case started(run: Int64, changes: [TaskChange])
        /// The tenant has a run with this key already. Nothing was inserted.
        case existing(run: Int64)
        /// There is no such workflow, or no such version of it.
        case unknownWorkflow
        /// What is wrong with the parameters.
        case invalidParams([WorkflowProblem])
        /// A node names this queue, which does not exist.
        case unknownQueue(String, node: String)
    }

    /// - Parameter now: microseconds since 1970.
    package static func start(
        _ request: Request, tenant: String, _ workflows: Workflows, now: Int64, on connection: any Connection
    ) throws -> Result {
        if let key = request.key, let existing = try find(key, tenant, connection) { return .existing(run: existing) }
        guard let stored = try definition(request, tenant, connection) else { return .unknownWorkflow }
        let plan = try workflows.plans.plan(digest: stored.digest, text: stored.text)
        var params = "{}"
        switch plan.definition.checkParams(try request.params.map { try document($0) }) {
        case .accepted(let text): params = text
        case .refused(let problems): return .invalidParams(problems)
        }
        if let (queue, node) = try unknownQueue(plan, workflows, connection) { return .unknownQueue(queue, node: node) }
        let id = try connection.allocateID()
        let run = NewRun(
            stored: stored, plan: plan, tenant: tenant, params: params, key: request.key, tags: request.tags, metadata: request.metadata,
            root: id)
        var advance = RunAdvance(workflows, holding: [:], now: now, on: connection)
        guard try advance.insertRun(run, id: id) else {
            // Somebody else's, committed a moment ago.
            guard let existing = try find(request.key ?? "", tenant, connection) else {
                throw StorageError(.conflict, "a run with the same key is being started")
            }
            return .existing(run: existing)
        }
        return .started(run: id, changes: try advance.finish())
    }

    private static func definition(
        _ request: Request, _ tenant: String, _ connection: any Connection
    ) throws -> ReadDefinitions.Stored? {
        if let id = request.definition { return try ReadDefinitions.find(id, tenant: tenant, on: connection) }
        return try ReadDefinitions.find(request.workflow, version: request.version, tenant: tenant, on: connection)
    }

    private static func document(_ text: String) throws -> JSONValue {
        do {
            return try JSONDocument(parsing: text).root
        } catch {
            throw StorageError(.other, "the parameters of a run are no JSON: \(error)")
        }
    }

    private static func find(_ key: String, _ tenant: String, _ connection: any Connection) throws -> Int64? {
        try connection.row("SELECT id FROM workflow_runs WHERE tenant = \(tenant) AND run_key = \(SQLValue.storable(key))") { $0.int(0) }
    }

    private static func unknownQueue(
        _ plan: WorkflowPlan, _ workflows: Workflows, _ connection: any Connection
    ) throws -> (queue: String, node: String)? {
        let known = Set(try connection.rows("SELECT name FROM queues") { $0.text(0) })
        for node in plan.nodes {
            let queue = workflows.resolve(node).queue
            // Nodes that no process claims need none.
            if case .workflow = node.kind { continue }
            if !known.contains(queue) { return (queue, node.id) }
        }
        return nil
    }
}

/// A run with everything resolved.
struct NewRun {
    let stored: ReadDefinitions.Stored
    let plan: WorkflowPlan
    let tenant: String
    /// Checked.
    let params: String
    var key: String?
    var tags: String?
    var metadata: String?
    /// Its own id when nothing is above it.
    let root: Int64
    var parentRun: Int64?
    var parentTask: Int64?
    var depth = 0
}

extension RunAdvance {
    /// Inserts a run and its nodes; those whose turn has come are due.
    /// - Returns: false when its key is taken; nothing was inserted then.
    @discardableResult
    mutating func insertRun(_ new: NewRun, id: Int64) throws -> Bool {
        guard try insert(new, id) else { return false }
        guard let run = try RunRow.read([id], on: connection)[id] else { throw StorageError(.corrupt, "run \(id) is not there") }
        runs[id] = run
        let plan = new.plan
        var rows = NodeRows(capacity: plan.nodes.count, now: now)
        for (index, task) in try connection.allocateIDs(plan.nodes.count).enumerated() {
            let parents = plan.parents[index].count
            let isReady = parents == 0 && plan.isPlain(index)
            let place = TaskNode(run: id, index: index, pending: Int64(parents))
            rows.add(task, place, tenant: new.tenant, workflows.resolve(plan.nodes[index]), isReady ? .queued : .waiting)
            if parents == 0, !isReady { due.append(Due(id: task, run: id, node: index, startedAt: nil)) }
        }
        try rows.insert(on: connection)
        changes += rows.changes
        return true
    }

    private func insert(_ new: NewRun, _ id: Int64) throws -> Bool {
        let deadline = workflows.deadline(of: new.plan.definition, now: now)
        let nodes = Int64(new.plan.nodes.count)
        return try connection.execute(
            """
            INSERT INTO workflow_runs
                (id, tenant, run_key, definition, workflow, workflow_version, state, params, metadata, tags, created_at, deadline_at,
                unfinished, task_count, root, parent_run, parent_task, depth)
            VALUES (\(id), \(new.tenant), \(new.key), \(new.stored.id), \(new.stored.name), \(Int64(new.stored.version)), 'pending', \(new.params),
                \(new.metadata), \(new.tags), \(now), \(deadline), \(nodes), \(nodes), \(new.root), \(new.parentRun), \(new.parentTask),
                \(Int64(new.depth)))
            ON CONFLICT (tenant, run_key) WHERE run_key IS NOT NULL DO NOTHING
            """) == 1
    }
}

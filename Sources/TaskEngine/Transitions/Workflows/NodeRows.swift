import Storage

/// New rows of nodes and elements.
struct NodeRows {
    private var rows: RowSet
    private var payloads = RowSet([.bigint("task_id"), .text("input")])
    private let now: Int64
    private(set) var changes: [TaskChange] = []

    init(capacity: Int, now: Int64) {
        rows = RowSet(
            [
                .bigint("id"), .text("tenant"), .text("type"), .text("queue"), .text("state"), .bigint("priority"), .bigint("max_retries"),
                .bigint("soft_ms"), .bigint("timeout_ms"), .bigint("run_id"), .bigint("node"), .bigint("element"), .bigint("pending"),
            ], capacity: capacity)
        self.now = now
        changes.reserveCapacity(capacity)
    }

    /// Adds a row in a state that needs neither a worker nor a time: waiting or queued.
    /// - Parameter input: of an element; nil for a node, whose input is made when its attempt begins.
    mutating func add(
        _ id: Int64, _ node: TaskNode, tenant: String, _ columns: Workflows.Resolved, _ state: TaskState, input: String? = nil
    ) {
        rows.append([
            .int(id), .text(tenant), .text(columns.type), .text(columns.queue), .text(state.rawValue), .int(Int64(columns.priority)),
            .int(Int64(columns.maxRetries)), .int(columns.softMilliseconds), .int(columns.timeoutMilliseconds), .int(node.run),
            .int(Int64(node.index)), .int(node.element.map(Int64.init)), .int(node.pending),
        ])
        if let input, input != "{}" { payloads.append([.int(id), .text(input)]) }
        changes.append(
            TaskChange(tenant: tenant, id: id, version: 1, state: state, type: columns.type, queue: columns.queue, node: node))
    }

    func insert(on connection: any Connection) throws {
        try connection.forEach(
            rows,
            """
            INSERT INTO tasks
                (id, tenant, type, queue, state, priority, ready_at, created_at, max_retries, soft_ms, timeout_ms, run_id, node, element, pending)
            SELECT r.id, r.tenant, r.type, r.queue, r.state, r.priority, \(now), \(now), r.max_retries, r.soft_ms, r.timeout_ms, r.run_id, r.node,
                r.element, r.pending
            FROM \(rows, as: "r")
            """)
        try connection.forEach(
            payloads, "INSERT INTO task_payloads (task_id, input) SELECT r.task_id, r.input FROM \(payloads, as: "r")")
    }
}

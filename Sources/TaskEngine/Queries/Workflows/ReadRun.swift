import JSONText
package import Storage

/// Reads one workflow run of a tenant with its nodes. A run of another tenant is not there.
///
/// Elements of lists are counted, which takes a look at each of them, and only in a run that has some.
package enum ReadRun {
    /// Bytes of outputs in one answer; of those beyond, only that they are there is told.
    static let mostOutputBytes = 8 << 20

    /// Everything about a run; nil when the tenant has none of that name.
    /// - Parameters:
    ///   - name: the caller's own name for it, or its id.
    ///   - withOutputs: whether the outputs of nodes are read too. Nobody needs them to draw a graph.
    package static func detail(
        _ name: String, tenant: String, withOutputs: Bool = true, _ workflows: Workflows, on connection: any Connection
    ) throws -> RunDetail? {
        guard let summary = try FindRun.summary(name, tenant: tenant, on: connection) else { return nil }
        let plan = try workflows.plans.plan(summary.head, on: connection)
        let rows = try rows(of: summary.id, tenant, connection)
        let elements = summary.tasks > plan.nodes.count ? try elements(of: summary.id, connection) : [:]
        let hasChildren = plan.nodes.contains { if case .workflow = $0.kind { true } else { false } }
        let children = hasChildren ? try children(of: summary.id, connection) : [:]
        let outputs = withOutputs ? try outputs(of: rows, connection) : Outputs()
        let nodes = rows.filter { plan.nodes.indices.contains($0.index) }.map { row in
            row.node(
                output: outputs.texts[row.task], isOmitted: outputs.omitted.contains(row.task), elements: elements[row.index] ?? [:],
                child: children[row.task])
        }
        return RunDetail(summary: summary, plan: plan, nodes: nodes, output: output(summary, plan, nodes))
    }

    // MARK: - Statements

    private static func rows(of run: Int64, _ tenant: String, _ connection: any Connection) throws -> [NodeRow] {
        try connection.rows(
            """
            SELECT t.node, t.id, t.type, t.queue, t.state, t.attempt, t.pending, t.ready_at, t.started_at, t.finished_at, t.error_code,
                t.error_message, t.version
            FROM tasks AS t WHERE t.run_id = \(run) AND t.element IS NULL AND t.tenant = \(tenant) ORDER BY t.node
            """, NodeRow.init)
    }

    private static func elements(of run: Int64, _ connection: any Connection) throws -> [Int: [TaskState: Int]] {
        let rows = try connection.rows(
            """
            SELECT t.node, t.state, COUNT(*) FROM tasks AS t WHERE t.run_id = \(run) AND t.element IS NOT NULL GROUP BY t.node, t.state
            """
        ) { (Int($0.int(0)), try TaskState(stored: $0.text(1)), Int($0.int(2))) }
        var counts: [Int: [TaskState: Int]] = [:]
        for (node, state, count) in rows { counts[node, default: [:]][state] = count }
        return counts
    }

    /// The latest run of each node's task.
    private static func children(of run: Int64, _ connection: any Connection) throws -> [Int64: Int64] {
        let rows = try connection.rows(
            """
            SELECT w.parent_task, MAX(w.id) FROM tasks AS t CROSS JOIN workflow_runs AS w
            WHERE t.run_id = \(run) AND t.element IS NULL AND w.parent_task = t.id GROUP BY w.parent_task
            """
        ) { ($0.int(0), $0.int(1)) }
        return Dictionary(rows, uniquingKeysWith: max)
    }

    private struct Outputs {
        var texts: [Int64: String] = [:]
        var omitted: Set<Int64> = []
    }

    /// In the order of the nodes, as many as there is room for. Their lengths come first: what is left out is not read.
    private static func outputs(of rows: [NodeRow], _ connection: any Connection) throws -> Outputs {
        let ended = RowSet(ids: rows.filter { $0.finishedAt != nil }.map(\.task))
        var outputs = Outputs()
        guard !ended.isEmpty else { return outputs }
        let lengths = try connection.rows(
            """
            SELECT x.task_id, \(sqlite: "length(CAST(x.output AS BLOB))", postgres: "octet_length(x.output)")
            FROM \(ended, as: "r") CROSS JOIN task_results AS x WHERE x.task_id = r.id
            """
        ) { ($0.int(0), Int($0.int(1))) }
        let byTask = Dictionary(lengths, uniquingKeysWith: { first, _ in first })
        var (bytes, wanted) = (0, RowSet(ids: []))
        for row in rows {
            guard let length = byTask[row.task] else { continue }
            if bytes + length > mostOutputBytes {
                outputs.omitted.insert(row.task)
            } else {
                bytes += length
                wanted.append([.int(row.task)])
            }
        }
        guard !wanted.isEmpty else { return outputs }
        let texts = try connection.rows(
            "SELECT x.task_id, x.output FROM \(wanted, as: "r") CROSS JOIN task_results AS x WHERE x.task_id = r.id"
        ) { ($0.int(0), $0.text(1)) }
        outputs.texts = Dictionary(texts.filter { !$0.1.isEmpty }, uniquingKeysWith: { first, _ in first })
        return outputs
    }

    private static func output(_ run: WorkflowRunSummary, _ plan: WorkflowPlan, _ nodes: [RunNode]) -> String? {
        guard run.state == .succeeded, nodes.count == plan.nodes.count, !plan.leaves.contains(where: { nodes[$0].isOutputOmitted }) else {
            return nil
        }
        var writer = JSONWriter()
        writer.object { object in
            for leaf in plan.leaves { object.fieldRaw(plan.nodes[leaf].id, nodes[leaf].output) }
        }
        return writer.text
    }
}

/// The columns of a node's own row.
private struct NodeRow {
    let index: Int
    let task: Int64
    let type: String
    let queue: String
    let state: TaskState
    let attempt: Int
    let pending: Int
    let readyAt: Int64
    let startedAt: Int64?
    let finishedAt: Int64?
    let error: TaskError?
    let version: Int64

    init(_ row: Row) throws {
        index = Int(row.int(0))
        task = row.int(1)
        type = row.text(2)
        queue = row.text(3)
        state = try TaskState(stored: row.text(4))
        attempt = Int(row.int(5))
        pending = Int(row.intOrNil(6) ?? 0)
        readyAt = row.int(7)
        startedAt = row.intOrNil(8)
        finishedAt = row.intOrNil(9)
        error = TaskError(code: row.textOrNil(10), message: row.textOrNil(11))
        version = row.int(12)
    }

    func node(output: String?, isOmitted: Bool, elements: [TaskState: Int], child: Int64?) -> RunNode {
        RunNode(
            index: index, task: task, type: type, queue: queue, state: state, attempt: attempt, pending: pending, readyAt: readyAt,
            startedAt: startedAt, finishedAt: finishedAt, output: output, isOutputOmitted: isOmitted, error: error, elements: elements,
            childRun: child, version: version)
    }
}

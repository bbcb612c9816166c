import JSONText
import Storage

/// Says what a node of a workflow run is given, as far as it is known: a node has no input of its own before its attempt begins.
enum ReadNodeInput {
    /// Bytes of outputs that are read for it; what is in longer ones stays a reference.
    static let mostOutputBytes = 8 << 20

    /// A node as its task shows it.
    struct Shown {
        /// Its id in the definition.
        let node: String
        /// JSON.
        let input: String
    }

    /// Nil when the run is gone, or its definition has no such node.
    static func shown(
        _ place: TaskNode, tenant: String, _ workflows: Workflows, on connection: any Connection
    ) throws -> Shown? {
        guard let run = try FindRun.summary(place.run, tenant: tenant, on: connection) else { return nil }
        let plan = try workflows.plans.plan(run.head, on: connection)
        guard plan.nodes.indices.contains(place.index) else { return nil }
        let node = plan.nodes[place.index]
        let template: Template
        switch node.kind {
        case .task(let call): template = call.input
        case .workflow(_, _, let params): template = params
        case .sleep, .waitEvent: return Shown(node: node.id, input: "{}")
        }
        if let text = template.staticText { return Shown(node: node.id, input: text) }
        let reads = plan.reads[place.index].input
        let ends = try ends(of: reads, in: run.id, connection)
        let wanted = fitting(reads, ends)
        let outputs = try RunValues.outputs(at: Set(wanted.map { RunAdvance.Place(run: run.id, node: $0) }), on: connection)
        var values = ReferenceValues(params: StoredJSON.value(run.params), runID: run.id)
        var unreadable: Set<Int> = []
        for (place, stored) in outputs {
            switch stored {
            case .success(let output): values.outputs[plan.nodes[place.node].id] = output
            case .failure: unreadable.insert(place.node)
            }
        }
        let unknown = reads.filter { node in
            ends[node] == nil || unreadable.contains(node) || (ends[node]?.outputBytes != nil && !wanted.contains(node))
        }
        return Shown(node: node.id, input: template.shown(with: values, unknown: Set(unknown.map { plan.nodes[$0].id })))
    }

    /// How a node ended.
    private struct End {
        /// Nil when there is no output, which is null then; 0 when it has expired.
        let outputBytes: Int?
    }

    /// Those whose outputs are read, as many as there is room for.
    private static func fitting(_ nodes: [Int], _ ends: [Int: End]) -> Set<Int> {
        var bytes = 0
        return Set(
            nodes.filter { node in
                guard let length = ends[node]?.outputBytes, length > 0, bytes + length <= mostOutputBytes else { return false }
                bytes += length
                return true
            })
    }

    /// Nodes that have not ended are left out.
    private static func ends(of nodes: [Int], in run: Int64, _ connection: any Connection) throws -> [Int: End] {
        guard !nodes.isEmpty else { return [:] }
        let rows = RunAdvance.rows(Set(nodes.map { RunAdvance.Place(run: run, node: $0) }))
        let found = try connection.rows(
            """
            SELECT t.node, CASE WHEN t.state = 'succeeded' THEN \(sqlite: "length(CAST(x.output AS BLOB))", postgres: "octet_length(x.output)") END
            FROM \(rows, as: "r") CROSS JOIN tasks AS t LEFT JOIN task_results AS x ON x.task_id = t.id
            WHERE t.run_id = r.run_id AND t.node = r.node AND t.element IS NULL AND t.finished_at IS NOT NULL
            """
        ) { (Int($0.int(0)), End(outputBytes: $0.intOrNil(1).map(Int.init))) }
        return Dictionary(found, uniquingKeysWith: { first, _ in first })
    }
}

import JSONText
import Storage

/// Reads what the expressions of nodes refer to.
enum RunValues {
    /// Parameters of runs.
    static func params(of runs: Set<Int64>, on connection: any Connection) throws -> [Int64: JSONValue] {
        guard !runs.isEmpty else { return [:] }
        let found = try connection.rows(
            "SELECT w.id, w.params FROM \(RowSet(ids: runs.sorted()), as: "r") CROSS JOIN workflow_runs AS w WHERE w.id = r.id"
        ) { ($0.int(0), $0.text(1)) }
        return try Dictionary(found.map { ($0.0, try read($0.1)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Outputs of nodes that succeeded. One without an output is left out, as one that did not succeed.
    static func outputs(at places: Set<RunAdvance.Place>, on connection: any Connection) throws -> [RunAdvance.Place: JSONValue] {
        guard !places.isEmpty else { return [:] }
        let found = try connection.rows(
            """
            SELECT t.run_id, t.node, x.output FROM \(RunAdvance.rows(places), as: "r") CROSS JOIN tasks AS t
                JOIN task_results AS x ON x.task_id = t.id
            WHERE t.run_id = r.run_id AND t.node = r.node AND t.element IS NULL AND \(plainColumn: "t.state") = 'succeeded'
            """
        ) { (RunAdvance.Place(run: $0.int(0), node: Int($0.int(1))), $0.text(2)) }
        return try Dictionary(found.map { ($0.0, try read($0.1)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Outputs of the leaves of a run as one object by node id; null for those without. What a child run gives to its node.
    static func output(of run: Int64, _ plan: WorkflowPlan, on connection: any Connection) throws -> String {
        let outputs = try outputs(at: Set(plan.leaves.map { RunAdvance.Place(run: run, node: $0) }), on: connection)
        var writer = JSONWriter()
        writer.object { object in
            for leaf in plan.leaves {
                object.key(plan.nodes[leaf].id)
                if let output = outputs[RunAdvance.Place(run: run, node: leaf)] { object.raw(output.rawBytes) } else { object.null() }
            }
        }
        return writer.text
    }

    private static func read(_ text: String) throws -> JSONValue {
        do {
            return try JSONDocument(parsing: text).root
        } catch {
            throw StorageError(.corrupt, "a stored value is no JSON: \(error)")
        }
    }
}

import JSONText
import Storage

/// Reads what the expressions of nodes refer to. A value that cannot be read is the trouble of the nodes that refer to it, not of
/// all that are judged together.
enum RunValues {
    /// How deep a stored value may be nested. A node's own output is kept to ``deepestOutput``; lists of them, child runs and their
    /// parameters stand around it.
    static let deepest = 256
    /// How deep the output of a task is nested at most, as with inputs that clients send.
    static let deepestOutput = 64

    /// A value, or why it cannot be read.
    typealias Stored = Result<JSONValue, JSONSyntaxError>

    /// Parameters of runs.
    static func params(of runs: Set<Int64>, on connection: any Connection) throws -> [Int64: Stored] {
        guard !runs.isEmpty else { return [:] }
        let found = try connection.rows(
            "SELECT w.id, w.params FROM \(RowSet(ids: runs.sorted()), as: "r") CROSS JOIN workflow_runs AS w WHERE w.id = r.id"
        ) { ($0.int(0), $0.text(1)) }
        return Dictionary(found.map { ($0.0, read($0.1)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Outputs of nodes that succeeded. One without an output is left out, as one that did not succeed.
    static func outputs(at places: Set<RunAdvance.Place>, on connection: any Connection) throws -> [RunAdvance.Place: Stored] {
        guard !places.isEmpty else { return [:] }
        let found = try connection.rows(
            """
            SELECT t.run_id, t.node, x.output FROM \(RunAdvance.rows(places), as: "r") CROSS JOIN tasks AS t
                JOIN task_results AS x ON x.task_id = t.id
            WHERE t.run_id = r.run_id AND t.node = r.node AND t.element IS NULL AND \(plainColumn: "t.state") = 'succeeded'
            """
        ) { (RunAdvance.Place(run: $0.int(0), node: Int($0.int(1))), $0.text(2)) }
        return Dictionary(found.map { ($0.0, read($0.1)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Outputs of the leaves of a run as one object by node id; null for those without. What a child run gives to its node.
    /// - Throws: ``UnreadableValue``; ``StorageError``.
    static func output(of run: Int64, _ plan: WorkflowPlan, on connection: any Connection) throws -> String {
        let outputs = try outputs(at: Set(plan.leaves.map { RunAdvance.Place(run: run, node: $0) }), on: connection)
        let values = try ReferenceValues(run: run, plan, reads: plan.leaves, params: nil, outputs: outputs)
        var writer = JSONWriter()
        writer.object { object in
            for leaf in plan.leaves {
                object.key(plan.nodes[leaf].id)
                if let output = values.outputs[plan.nodes[leaf].id] { object.raw(output.rawBytes) } else { object.null() }
            }
        }
        return writer.text
    }

    private static func read(_ text: String) -> Stored {
        Result { () throws(JSONSyntaxError) in try JSONDocument(parsing: text, maxDepth: deepest).root }
    }
}

/// A stored value that a node refers to and that is no JSON, or nested too deeply.
struct UnreadableValue: Error {
    /// What cannot be read, and why.
    let message: String

    init(outputOf node: String, _ error: JSONSyntaxError) {
        message = "the output of node '\(node)' cannot be read: \(error)"
    }

    init(params error: JSONSyntaxError) {
        message = "the parameters of the run cannot be read: \(error)"
    }

    /// As the error of the node that refers to it.
    func error(node: String) -> TaskError { TaskError(code: "unreadable_value", message: "node '\(node)': \(message)") }
}

extension ReferenceValues {
    /// What the expressions of a node read, out of what was read for all.
    /// - Parameter reads: positions of the nodes whose outputs they refer to.
    init(
        run: Int64, _ plan: WorkflowPlan, reads: [Int], params: RunValues.Stored?, outputs: [RunAdvance.Place: RunValues.Stored]
    ) throws(UnreadableValue) {
        self.init(runID: run)
        do throws(JSONSyntaxError) { self.params = try params?.get() } catch { throw UnreadableValue(params: error) }
        for node in reads {
            let id = plan.nodes[node].id
            do throws(JSONSyntaxError) {
                self.outputs[id] = try outputs[RunAdvance.Place(run: run, node: node)]?.get()
            } catch {
                throw UnreadableValue(outputOf: id, error)
            }
        }
    }
}

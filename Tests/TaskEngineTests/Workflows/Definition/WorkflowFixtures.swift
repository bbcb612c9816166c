import JSONText
import TaskEngine

/// Definitions to start from.
enum WorkflowFixtures {
    /// Uses every field there is.
    static let everything = """
        {
          "name": "security-scan", "description": "Scans and reports", "timeout_ms": 7200000,
          "parameters": [
            {"name": "target", "type": "string", "required": true, "description": "What is scanned"},
            {"name": "depth", "type": "integer", "default": 2},
            {"name": "options", "type": "object", "default": {"b": 1.50, "a": [true, null]}}
          ],
          "nodes": [
            {"id": "scan", "task": "scan.run", "input": {"target": "${params.target}", "depth": "${params.depth}", "run": "scan ${run.id}"},
             "queue": "default", "priority": 3, "retry": {"max_retries": 5, "base_ms": 1000, "cap_ms": 60000},
             "soft_timeout_ms": 50000, "timeout_ms": 60000},
            {"id": "hosts", "task": "scan.host", "depends_on": ["scan"], "foreach": "${nodes.scan.output.hosts}", "concurrency": 8,
             "input": {"host": "${item.name}", "n": "${index}", "options": "${params.options}"}, "on_failure": "continue"},
            {"id": "approve", "wait_event": {"name": "approved", "timeout_ms": 3600000}, "depends_on": ["scan"],
             "when": "nodes.scan.output.findings > 0 and exists(params.target)"},
            {"id": "pause", "sleep": {"ms": 5000}, "depends_on": ["approve"]},
            {"id": "report", "workflow": {"name": "report@3", "params": {"rows": "${nodes.hosts.output}"}}, "depends_on": ["hosts", "pause"]}
          ]
        }
        """

    static func parse(_ text: String, rules: WorkflowRules = WorkflowRules()) -> ParsedWorkflow {
        WorkflowDefinition.parse(text, rules: rules)
    }

    /// The plan of a definition that must be right.
    static func plan(_ text: String, rules: WorkflowRules = WorkflowRules()) throws -> WorkflowPlan {
        switch parse(text, rules: rules) {
        case .accepted(let plan, _): return plan
        case .refused(let problems): throw Refused(problems: problems)
        }
    }

    /// What is wrong with a definition, `pointer: detail` each; empty when nothing is.
    static func problems(_ text: String, rules: WorkflowRules = WorkflowRules()) -> [String] {
        switch parse(text, rules: rules) {
        case .accepted: []
        case .refused(let problems): problems.map { "\($0.pointer): \($0.detail)" }
        }
    }

    /// A definition of plain nodes from their parents.
    static func text(name: String = "w", _ nodes: [(id: String, parents: [String])]) -> String {
        var writer = JSONWriter()
        writer.object { object in
            object.field("name", name)
            object.key("nodes")
            object.array { array in
                for node in nodes {
                    array.object { inner in
                        inner.field("id", node.id)
                        inner.field("task", "demo.noop")
                        inner.key("depends_on")
                        inner.array { for parent in node.parents { $0.value(parent) } }
                    }
                }
            }
        }
        return writer.text
    }

    /// Levels of equal width, each node below every node of the level above.
    static func layers(_ levels: Int, width: Int) -> String {
        text(
            (0..<levels).flatMap { level in
                (0..<width).map { ("n\(level)-\($0)", level == 0 ? [] : (0..<width).map { "n\(level - 1)-\($0)" }) }
            })
    }

    struct Refused: Error { let problems: [WorkflowProblem] }
}

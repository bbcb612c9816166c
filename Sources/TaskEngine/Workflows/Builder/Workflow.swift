import JSONText

/// A workflow written in Swift: the same definition that a client registers as JSON, with the same checks.
///
/// ```swift
/// let scan = Workflow("security-scan") {
///     Parameter("target", .string, required: true)
///     Node("scan", task: "scan.run", input: ["target": "${params.target}"])
///     Node("report", task: "scan.report", after: "scan", input: ["rows": "${nodes.scan.output.rows}"])
/// }
/// tasks.register(scan)
/// ```
public struct Workflow: Sendable {
    /// Name that runs are started by.
    public let name: String
    /// The definition as JSON, not checked yet.
    package let text: String

    /// - Parameters:
    ///   - name: Letters, digits, dots, dashes and underscores.
    ///   - description: For people; nil for none.
    ///   - timeout: Time limit of a run; nil uses the process's default.
    public init(
        _ name: String, description: String? = nil, timeout: Duration? = nil, @WorkflowBuilder _ parts: () -> [WorkflowBuilder.Part]
    ) {
        self.name = name
        let parts = parts()
        var writer = JSONWriter()
        writer.object { object in
            object.field("name", name)
            if let description { object.field("description", description) }
            if let timeout { object.field("timeout_ms", timeout.wholeMilliseconds) }
            object.key("parameters")
            object.array { array in for case .parameter(let parameter) in parts { parameter.write(to: &array) } }
            object.key("nodes")
            object.array { array in for case .node(let node) in parts { node.write(to: &array) } }
        }
        text = writer.text
    }

    /// Reads and checks it; see ``WorkflowDefinition``.
    package func parsed(rules: WorkflowRules) -> ParsedWorkflow {
        WorkflowDefinition.parse(text, rules: rules)
    }
}

extension Duration {
    /// Parts of a millisecond count as a whole one.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        return milliseconds + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}

package import JSONText

extension WorkflowDefinition {
    /// Deepest nesting of a definition's JSON.
    package static let deepestJSON = 64

    /// Reads and checks a definition.
    /// - Returns: a plan, or everything that is wrong with the definition, at most 100 problems.
    package static func parse(_ value: JSONValue, rules: WorkflowRules) -> ParsedWorkflow {
        var parser = WorkflowParser(rules: rules)
        let definition = parser.definition(value)
        var check = WorkflowCheck(definition, mentions: parser.mentions, rules: rules, problems: parser.problems)
        check.run()
        guard check.problems.isEmpty else { return .refused(check.problems) }
        // The checks are stricter than what a plan needs.
        guard let plan = WorkflowPlan(definition) else { return .refused([WorkflowProblem(pointer: "", "cannot be compiled")]) }
        return .accepted(plan, warnings: check.warnings)
    }

    /// Reads and checks a definition; see ``parse(_:rules:)-(JSONValue,_)``.
    package static func parse(_ text: String, rules: WorkflowRules) -> ParsedWorkflow {
        do {
            return parse(try JSONDocument(parsing: text, maxDepth: deepestJSON).root, rules: rules)
        } catch {
            return .refused([WorkflowProblem(pointer: "", "is not JSON: \(error)")])
        }
    }
}

/// Reads a definition field by field and remembers what is wrong with its form. What is wrong reads as an empty value, which
/// ``WorkflowCheck`` passes over.
struct WorkflowParser {
    /// Longest name of a workflow, in characters.
    static let longestName = 200
    /// Longest description in characters.
    static let longestDescription = 2000
    static let fields = "name, description, timeout_ms, parameters, nodes, dependencies"

    let rules: WorkflowRules
    private(set) var problems: [WorkflowProblem] = []
    /// Where each node's parents were named, in the order of the text.
    private(set) var mentions: [[ParentMention]] = []

    init(rules: WorkflowRules) {
        self.rules = rules
    }

    mutating func definition(_ value: JSONValue) -> WorkflowDefinition {
        var fields = WorkflowFields(value, at: [])
        let name = fields.requiredString("name", longest: Self.longestName)
        if !name.isEmpty, !Self.isWorkflowName(name) { fields.problem("name", "must be \(Self.nameRule)") }
        let description = fields.string("description", longest: Self.longestDescription)
        let timeout = fields.integer("timeout_ms", in: WorkflowLimits.durations)
        let parameters = parameters(&fields)
        var drafts = nodes(&fields)
        dependencies(&fields, &drafts)
        problems = fields.finish(known: Self.fields)
        mentions = drafts.map(\.mentions)
        return WorkflowDefinition(
            name: name, description: description, timeoutMilliseconds: timeout, parameters: parameters, nodes: drafts.map(\.node))
    }

    static let nameRule = "1 to \(longestName) letters, digits, dots, dashes and underscores, beginning with a letter or a digit"

    static func isWorkflowName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, first != ".", first != "-", first != "_" else { return false }
        return name.unicodeScalars.count <= longestName && name.unicodeScalars.allSatisfy { ExpressionScanner.isNamePart($0) || $0 == "." }
    }

    private func parameters(_ fields: inout WorkflowFields) -> [WorkflowDefinition.Parameter] {
        guard let value = fields.value("parameters") else { return [] }
        guard value.kind == .array, value.elements.count <= WorkflowLimits.mostParameters else {
            fields.problem("parameters", "must be a list of at most \(WorkflowLimits.mostParameters) objects")
            return []
        }
        return value.elements.enumerated().map { index, element in
            var inner = WorkflowFields(element, at: ["parameters", String(index)])
            let parameter = WorkflowDefinition.Parameter(&inner)
            fields.adopt(inner, known: WorkflowDefinition.Parameter.fields)
            return parameter
        }
    }

    private func nodes(_ fields: inout WorkflowFields) -> [NodeDraft] {
        guard let value = fields.value("nodes") else {
            fields.problem("nodes", "is required: a list with at least one node")
            return []
        }
        let elements = value.elements
        guard value.kind == .array, !elements.isEmpty else {
            fields.problem("nodes", value.kind == .array ? "is empty: a workflow has at least one node" : "must be a list of objects")
            return []
        }
        guard elements.count <= rules.mostNodes else {
            fields.problem(
                "nodes",
                "has \(elements.count) nodes, at most \(rules.mostNodes) are allowed: use foreach, or start other workflows from its nodes")
            return []
        }
        return elements.enumerated().map { index, element in
            var inner = WorkflowFields(element, at: ["nodes", String(index)])
            let draft = NodeDraft(&inner)
            fields.adopt(inner, known: NodeDraft.fields)
            return draft
        }
    }

    /// `{"node": ["parent", …]}` beside the nodes.
    private func dependencies(_ fields: inout WorkflowFields, _ drafts: inout [NodeDraft]) {
        guard let value = fields.value("dependencies") else { return }
        guard value.kind == .object else {
            return fields.problem("dependencies", "must be an object as in {\"node\": [\"parent\"]}")
        }
        let positions = Dictionary(drafts.enumerated().map { ($0.element.node.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
        var inner = WorkflowFields(value, at: ["dependencies"])
        for member in value.members {
            guard let parents = inner.strings(member.value, of: member.key) else { continue }
            if let position = positions[member.key], !member.key.isEmpty {
                drafts[position].add(parents, besideNodes: true)
            } else if !drafts.isEmpty {
                inner.problem(member.key, "there is no node of this name: add it to nodes, or take it out")
            }
        }
        inner.readAll()
        fields.adopt(inner, known: "")
    }
}

/// Limits of single fields that no setting changes.
enum WorkflowLimits {
    /// Most parameters of a workflow.
    static let mostParameters = 1000
    /// Time limits in milliseconds. More than 30 days is a mistake.
    static let durations: ClosedRange<Int64> = 1...(30 * 86_400_000)
    /// Delays in milliseconds. More than ten years is a mistake.
    static let delays: ClosedRange<Int64> = 0...(3660 * 86_400_000)
    /// Most tasks of a `foreach` node.
    static let mostElements: Int64 = 10_000
    /// Longest id of a node and name of a parameter, in characters.
    static let longestID = 100
}

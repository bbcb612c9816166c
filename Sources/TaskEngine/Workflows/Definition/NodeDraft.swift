import JSONText

/// Where a parent was named.
struct ParentMention: Sendable {
    let id: String
    /// Whether in `dependencies` and not at the node.
    let isBesideNodes: Bool
    /// In that list, from 0.
    let position: Int
}

/// A node as it is read, before anything is known about the others.
struct NodeDraft {
    static let fields =
        "id, task, wait_event, sleep, workflow, input, depends_on, queue, priority, retry, soft_timeout_ms, timeout_ms, "
        + "when, on_failure, foreach, concurrency"
    private static let taskFields = [
        "input", "queue", "priority", "retry", "soft_timeout_ms", "timeout_ms", "foreach", "concurrency",
    ]

    private(set) var node: WorkflowDefinition.Node
    private(set) var mentions: [ParentMention] = []

    init(_ fields: inout WorkflowFields) {
        let id = fields.requiredString("id", longest: WorkflowLimits.longestID)
        if !id.isEmpty, !Self.isNodeID(id) { fields.problem("id", "must be letters, digits, dots, dashes and underscores") }
        node = WorkflowDefinition.Node(
            id: id, kind: Self.kind(&fields), dependsOn: [], when: fields.condition("when"),
            onFailure: fields.choice("on_failure", WorkflowDefinition.OnFailure.self) ?? .fail)
        add(fields.strings("depends_on") ?? [], besideNodes: false)
    }

    /// Names further parents; one that is named already is passed over.
    mutating func add(_ parents: [String], besideNodes: Bool) {
        guard !parents.isEmpty else { return }
        var known = Set(mentions.map(\.id))
        for (position, id) in parents.enumerated() where known.insert(id).inserted {
            mentions.append(ParentMention(id: id, isBesideNodes: besideNodes, position: position))
        }
        node = WorkflowDefinition.Node(
            id: node.id, kind: node.kind, dependsOn: mentions.map(\.id), when: node.when, onFailure: node.onFailure)
    }

    private static func isNodeID(_ id: String) -> Bool {
        id.unicodeScalars.allSatisfy { ExpressionScanner.isNamePart($0) || $0 == "." }
    }

    /// Exactly one of the fields that say what a node does.
    private static func kind(_ fields: inout WorkflowFields) -> WorkflowDefinition.Kind {
        let choices = ["task", "wait_event", "sleep", "workflow"]
        let given = choices.filter { fields.value($0) != nil }
        guard given.count == 1 else {
            fields.problem(
                given.isEmpty ? nil : given[1],
                given.isEmpty
                    ? "needs one of task, wait_event, sleep and workflow, which say what the node does"
                    : "cannot stand beside \(given[0]): a node does one thing")
            return .sleep(milliseconds: 0)
        }
        if given[0] == "task" { return .task(taskCall(&fields)) }
        for field in taskFields where fields.value(field) != nil {
            fields.problem(field, "belongs to nodes with a task; this one has \(given[0])")
        }
        switch given[0] {
        case "wait_event": return waitEvent(&fields)
        case "sleep": return sleep(&fields)
        default: return workflow(&fields)
        }
    }

    private static func taskCall(_ fields: inout WorkflowFields) -> WorkflowDefinition.TaskCall {
        let concurrency = fields.integer("concurrency", in: 1...WorkflowLimits.mostElements).map(Int.init)
        if concurrency != nil, fields.value("foreach") == nil { fields.problem("concurrency", "needs foreach, whose tasks it caps") }
        let soft = fields.integer("soft_timeout_ms", in: WorkflowLimits.durations)
        let hard = fields.integer("timeout_ms", in: WorkflowLimits.durations)
        if let soft, let hard, soft > hard { fields.problem("soft_timeout_ms", "must not be more than timeout_ms") }
        return WorkflowDefinition.TaskCall(
            type: fields.string("task", longest: 200) ?? "", input: fields.template("input") ?? .empty,
            queue: fields.string("queue", longest: 200), priority: fields.integer("priority", in: 0...9).map(Int.init),
            retry: retry(&fields), softTimeoutMilliseconds: soft, timeoutMilliseconds: hard,
            foreach: fields.list("foreach"),
            concurrency: concurrency)
    }

    private static func retry(_ fields: inout WorkflowFields) -> WorkflowDefinition.Retry {
        fields.object("retry", known: "max_retries, base_ms, cap_ms") { inner in
            WorkflowDefinition.Retry(
                maxRetries: inner.integer("max_retries", in: 0...1000).map(Int.init),
                baseMilliseconds: inner.integer("base_ms", in: WorkflowLimits.delays),
                capMilliseconds: inner.integer("cap_ms", in: WorkflowLimits.delays))
        } ?? .unsaid
    }

    private static func waitEvent(_ fields: inout WorkflowFields) -> WorkflowDefinition.Kind {
        fields.object("wait_event", known: "name, timeout_ms") { inner in
            .waitEvent(
                name: inner.requiredString("name", longest: 200),
                timeoutMilliseconds: inner.integer("timeout_ms", in: WorkflowLimits.delays))
        } ?? .sleep(milliseconds: 0)
    }

    private static func sleep(_ fields: inout WorkflowFields) -> WorkflowDefinition.Kind {
        fields.object("sleep", known: "ms") { inner in
            if inner.value("ms") == nil { inner.problem("ms", "is required") }
            return .sleep(milliseconds: inner.integer("ms", in: WorkflowLimits.delays) ?? 0)
        } ?? .sleep(milliseconds: 0)
    }

    private static func workflow(_ fields: inout WorkflowFields) -> WorkflowDefinition.Kind {
        fields.object("workflow", known: "name, params") { inner in
            let reference = inner.requiredString("name", longest: WorkflowParser.longestName + 20)
            let name = WorkflowName(reference)
            if name == nil, !reference.isEmpty { inner.problem("name", "must be the name of a workflow, or name@version") }
            let params = inner.value("params") == nil ? .empty : inner.template("params") ?? .empty
            if !params.source.hasPrefix("{") { inner.problem("params", "must be an object") }
            return .workflow(name: name?.name ?? "", version: name?.version, params: params)
        } ?? .sleep(milliseconds: 0)
    }
}

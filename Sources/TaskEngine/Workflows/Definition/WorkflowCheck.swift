import JSONText

/// Judges a definition whose form was read: names, references, graph. Passes over what the reader found wrong already.
struct WorkflowCheck {
    /// Most cycles that one answer names.
    private static let mostCycles = 10
    /// Most nodes of a cycle that a sentence names.
    private static let longestCycle = 20

    let definition: WorkflowDefinition
    let mentions: [[ParentMention]]
    let rules: WorkflowRules
    /// What is wrong.
    private(set) var problems: [WorkflowProblem]
    /// What looks like a mistake and does no harm.
    private(set) var warnings: [WorkflowProblem] = []
    private var indices: [String: Int] = [:]

    init(_ definition: WorkflowDefinition, mentions: [[ParentMention]], rules: WorkflowRules, problems: [WorkflowProblem]) {
        self.definition = definition
        self.mentions = mentions
        self.rules = rules
        self.problems = problems
    }

    mutating func run() {
        checkParameters()
        checkIDs()
        let graph = checkGraph()
        checkKnown()
        checkReferences(graph)
        warnOfUnusedParameters()
        problems = Array(problems.prefix(WorkflowFields.mostProblems))
    }

    mutating func problem(_ path: [String], _ detail: String) {
        if problems.count < WorkflowFields.mostProblems { problems.append(WorkflowProblem(path, detail)) }
    }

    static func path(_ node: Int) -> [String] { ["nodes", String(node)] }

    /// The position of the first node with this id; nil when there is none.
    func index(of id: String) -> Int? { indices[id] }

    private mutating func checkParameters() {
        var first: [String: Int] = [:]
        for (index, parameter) in definition.parameters.enumerated() where !parameter.name.isEmpty {
            if let other = first[parameter.name] {
                problem(["parameters", String(index), "name"], "is the name of parameter \(other) too: give each its own")
            } else {
                first[parameter.name] = index
            }
        }
    }

    private mutating func checkIDs() {
        for (index, node) in definition.nodes.enumerated() where !node.id.isEmpty {
            if let other = indices[node.id] {
                problem(Self.path(index) + ["id"], "'\(node.id)' is the id of node \(other) too: give each its own")
            } else {
                indices[node.id] = index
            }
        }
    }

    /// Parents, cycles and levels.
    private mutating func checkGraph() -> WorkflowGraph {
        var parents: [[Int]] = []
        for (index, mentions) in mentions.enumerated() {
            parents.append(mentions.compactMap { parent($0, of: index) })
        }
        let graph = WorkflowGraph(parents: parents)
        for cycle in graph.cycles(atMost: Self.mostCycles) {
            problem(
                Self.path(cycle[0]) + ["depends_on"], "is part of a cycle, which could never start: \(sentence(cycle)); take one edge out")
        }
        let levels = (graph.levels.compactMap(\.self).max() ?? -1) + 1
        if levels > rules.mostLevels {
            problem(["nodes"], "has \(levels) levels, at most \(rules.mostLevels) are allowed: start another workflow from a node")
        }
        return graph
    }

    private mutating func parent(_ mention: ParentMention, of node: Int) -> Int? {
        let path =
            mention.isBesideNodes
            ? ["dependencies", definition.nodes[node].id, String(mention.position)]
            : Self.path(node) + ["depends_on", String(mention.position)]
        guard let parent = indices[mention.id] else {
            problem(path, "there is no node '\(Self.shortened(mention.id))': add it to nodes, or take it out")
            return nil
        }
        if parent == node {
            problem(path, "node '\(mention.id)' depends on itself: take it out")
            return nil
        }
        return parent
    }

    private func sentence(_ cycle: [Int]) -> String {
        let names = (cycle + [cycle[0]]).map { definition.nodes[$0].id }
        if cycle.count <= Self.longestCycle { return names.joined(separator: " → ") }
        return names.prefix(Self.longestCycle).joined(separator: " → ") + " → … (\(cycle.count - Self.longestCycle) more) → " + names[0]
    }

    /// Task types, their inputs, and queues.
    private mutating func checkKnown() {
        for (index, node) in definition.nodes.enumerated() {
            guard let call = node.task, !call.type.isEmpty else { continue }
            if call.queue == SystemQueue.name {
                problem(Self.path(index) + ["queue"], "the queue '\(SystemQueue.name)' is for the platform's own tasks; name another")
            } else if let queue = call.queue, let hasQueue = rules.hasQueue, !hasQueue(queue) {
                problem(Self.path(index) + ["queue"], "there is no queue '\(Self.shortened(queue))'; GET /v1/queues lists them")
            }
            guard let task = rules.task else { continue }
            guard let known = task(call.type) else {
                problem(Self.path(index) + ["task"], "there is no task type '\(Self.shortened(call.type))'; register it in a process first")
                continue
            }
            if let way = known.submittedThrough {
                problem(Self.path(index) + ["task"], "'\(call.type)' cannot be a node: its tasks are submitted through \(way)")
            }
            guard let input = call.input.staticText, let check = known.check else { continue }
            for fault in check(input) { problem(Self.path(index) + ["input"] + fault.path, fault.problem) }
        }
    }

    private mutating func warnOfUnusedParameters() {
        var used: Set<String> = []
        func use(_ reference: Reference) { if case .parameter(let name) = reference.source { used.insert(name) } }
        for node in definition.nodes {
            node.when?.references.forEach(use)
            for (_, template) in node.templates { template.uses.forEach { use($0.reference) } }
        }
        for (index, parameter) in definition.parameters.enumerated() where !used.contains(parameter.name) {
            warnings.append(WorkflowProblem(["parameters", String(index)], "no node uses the parameter '\(parameter.name)'"))
        }
    }

    /// A client's own word, since an answer repeats it.
    static func shortened(_ text: String) -> String { text.shortened(toBytes: 100) }
}

import TestSupport

/// A workflow with nodes of every kind, some of which fail at first or for good, and what must become of them: by the rules as
/// they are written down, not as they are carried out.
struct RandomFlow: Sendable {
    enum Kind: Sendable {
        case quick
        case slow(milliseconds: Int)
        /// Fails its first attempts.
        case shaky(times: Int)
        case broken
        /// A task for each element; whether one of them fails for good.
        case list(elements: Int, isBroken: Bool)
        case nap(milliseconds: Int)
        /// Waits for the event `e` and its position.
        case event
        /// Runs ``inner``, which fails when `n` is 7.
        case child
    }

    struct Node: Sendable {
        let parents: [Int]
        let kind: Kind
        let continues: Bool
        /// Runs only when the parameter `n` is above.
        let above: Int?
    }

    let name: String
    let nodes: [Node]

    init(name: String, nodes count: Int, using random: inout SeededRandom) {
        self.name = name
        nodes = (0..<count).map { node in
            let parents = Set((0..<Int.random(in: 0...3, using: &random)).compactMap { _ in (0..<node).randomElement(using: &random) })
            return Node(
                parents: parents.sorted(), kind: Self.kind(&random), continues: Int.random(in: 0..<3, using: &random) == 0,
                above: Int.random(in: 0..<5, using: &random) == 0 ? Int.random(in: 0..<8, using: &random) : nil)
        }
    }

    private static func kind(_ random: inout SeededRandom) -> Kind {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<5: .quick
        case 5..<9: .slow(milliseconds: Int.random(in: 0...80, using: &random))
        case 9..<12: .shaky(times: Int.random(in: 1...2, using: &random))
        case 12: .broken
        case 13..<16: .list(elements: Int.random(in: 0...6, using: &random), isBroken: Int.random(in: 0..<4, using: &random) == 0)
        case 16: .nap(milliseconds: Int.random(in: 0...300, using: &random))
        case 17..<19: .event
        default: .child
        }
    }

    /// Names of the events that its nodes wait for.
    var events: [String] {
        nodes.indices.compactMap { node in
            if case .event = nodes[node].kind { "e\(node)" } else { nil }
        }
    }

    // MARK: - As a client registers it

    /// What ``Kind/child`` runs.
    static let inner = """
        {"name": "inner", "parameters": [{"name": "n", "type": "integer", "required": true}], "nodes": [
            {"id": "a", "task": "demo.noop"},
            {"id": "b", "task": "demo.sleep", "input": {"ms": 30}, "depends_on": ["a"]},
            {"id": "c", "task": "demo.fail", "input": {"message": "m", "permanent": true}, "when": "params.n == 7", "depends_on": ["a"]}]}
        """

    var text: String {
        let nodes = nodes.indices.map { "{\(fields(of: $0).joined(separator: ", "))}" }
        return """
            {"name": "\(name)", "parameters": [{"name": "n", "type": "integer", "required": true}], "nodes": [\(nodes.joined(separator: ", "))]}
            """
    }

    private func fields(of index: Int) -> [String] {
        let node = nodes[index]
        var fields = [#""id": "n\#(index)""#, #""depends_on": [\#(node.parents.map { #""n\#($0)""# }.joined(separator: ", "))]"#]
        if node.continues { fields.append(#""on_failure": "continue""#) }
        if let above = node.above { fields.append(#""when": "params.n > \#(above)""#) }
        switch node.kind {
        case .quick: fields.append(#""task": "demo.echo", "input": {"run": "${run.id}"}"#)
        case .slow(let milliseconds): fields.append(#""task": "demo.sleep", "input": {"ms": \#(milliseconds)}"#)
        case .shaky(let times): fields.append(#""task": "demo.fail", "input": {"message": "m", "times": \#(times)}"#)
        case .broken: fields.append(#""task": "demo.fail", "input": {"message": "m", "permanent": true}"#)
        case .list(let elements, let isBroken):
            let items = (0..<elements).map { isBroken && $0 == elements / 2 ? "9" : "0" }.joined(separator: ", ")
            fields.append(#""task": "demo.fail", "foreach": [\#(items)], "concurrency": 2"#)
            fields.append(#""input": {"message": "m", "permanent": true, "times": "${item}"}"#)
        case .nap(let milliseconds): fields.append(#""sleep": {"ms": \#(milliseconds)}"#)
        case .event: fields.append(#""wait_event": {"name": "e\#(index)"}"#)
        case .child: fields.append(#""workflow": {"name": "inner", "params": {"n": "${params.n}"}}"#)
        }
        return fields
    }

    // MARK: - What must become of it

    /// States of the nodes at the end of a run with this parameter, and of the run.
    func expected(n: Int) -> (nodes: [String], run: String) {
        var states: [String] = []
        for node in nodes {
            if node.parents.contains(where: { states[$0] == "failed" && !nodes[$0].continues }) {
                states.append("skipped")
            } else if !node.parents.isEmpty, node.parents.allSatisfy({ states[$0] == "skipped" }) {
                states.append("skipped")
            } else if let above = node.above, n <= above {
                states.append("skipped")
            } else {
                states.append(Self.fails(node.kind, n: n) ? "failed" : "succeeded")
            }
        }
        let isFailed = nodes.indices.contains { states[$0] == "failed" && !nodes[$0].continues }
        return (states, isFailed ? "failed" : "succeeded")
    }

    private static func fails(_ kind: Kind, n: Int) -> Bool {
        switch kind {
        case .broken: true
        case .list(let elements, let isBroken): isBroken && elements > 0
        case .child: n == 7
        case .quick, .slow, .shaky, .nap, .event: false
        }
    }
}

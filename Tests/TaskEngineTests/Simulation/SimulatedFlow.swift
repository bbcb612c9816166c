import TaskEngine
import TestSupport

/// A random definition of a workflow, as the invariants see it: nodes of every kind, and which of them wait for which.
struct SimulatedFlow: Sendable {
    enum Kind: Sendable, Equatable {
        case task
        /// A task for each element of a list; how many at once, nil for all.
        case list(atOnce: Int?)
        case event(String)
        case sleep
        case child
    }

    struct Node: Sendable {
        let parents: [Int]
        let kind: Kind
        let continues: Bool
        /// The fields of the definition that the kind does not say.
        let fields: [String]

        init(_ parents: [Int], _ kind: Kind, continues: Bool = false, fields: [String] = []) {
            self.parents = parents
            self.kind = kind
            self.continues = continues
            self.fields = fields
        }
    }

    /// A flow starts only those behind it in this list.
    static let names = ["f0", "f1", "f2"]
    static let events = ["go", "stop"]
    /// Whose runs they are.
    static let tenant = Simulation.tenants[0]

    let name: String
    let nodes: [Node]
    /// Nil: longer than any simulation lasts.
    private let timeoutSeconds: Int?

    init(name: String, using random: inout SeededRandom) {
        self.name = name
        let further = Self.names.filter { $0 > name }
        var nodes: [Node] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) { nodes.append(Self.node(nodes, further, &random)) }
        self.nodes = nodes
        timeoutSeconds = Int.random(in: 0..<3, using: &random) == 0 ? Int.random(in: 20...120, using: &random) : nil
    }

    private static func node(_ before: [Node], _ further: [String], _ random: inout SeededRandom) -> Node {
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
        let parents = Set((0..<Int.random(in: 0...3, using: &random)).compactMap { _ in before.indices.randomElement(using: &random) })
        var fields = [#""depends_on": [\#(parents.sorted().map { #""n\#($0)""# }.joined(separator: ","))]"#]
        let telling = parents.sorted().first { before[$0].kind == .task }
        if chance(15) {
            fields.append(#""when": "params.n > 2""#)
        } else if chance(15), let telling {
            fields.append(#""when": "nodes.n\#(telling).output.n > 1""#)
        }
        let continues = chance(30)
        if continues { fields.append(#""on_failure": "continue""#) }
        let call = """
            "task": "test.sample", "queue": "\(Simulation.queues.randomElement(using: &random) ?? "default")", \
            "retry": {"max_retries": \(Int.random(in: 0...2, using: &random))}
            """
        let kind: Kind
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<25:
            let atOnce = chance(70) ? Int.random(in: 1...2, using: &random) : nil
            kind = .list(atOnce: atOnce)
            let list = telling.map { "${nodes.n\($0).output.list}" } ?? "${params.list}"
            fields += [call, #""foreach": "\#(list)""#] + (atOnce.map { [#""concurrency": \#($0)"#] } ?? [])
        case 25..<40:
            let event = events.randomElement(using: &random) ?? "go"
            kind = .event(event)
            let limit = chance(50) ? Int.random(in: 0...60_000, using: &random) : 7_200_000
            fields.append(#""wait_event": {"name": "\#(event)", "timeout_ms": \#(limit)}"#)
        case 40..<50:
            kind = .sleep
            fields.append(#""sleep": {"ms": \#(Int.random(in: 0...20_000, using: &random))}"#)
        case 50..<65:
            guard let name = further.randomElement(using: &random) else { fallthrough }
            kind = .child
            fields.append(#""workflow": {"name": "\#(name)", "params": {"n": "${params.n}", "list": "${params.list}"}}"#)
        default:
            kind = .task
            fields.append(call)
        }
        return Node(parents.sorted(), kind, continues: continues, fields: fields)
    }

    /// As a client registers it.
    var text: String {
        let nodes = nodes.enumerated().map { #"{"id": "n\#($0.offset)", \#($0.element.fields.joined(separator: ", "))}"# }
        let timeout = timeoutSeconds.map { $0 * 1000 } ?? 30 * 86_400_000
        return """
            {"name": "\(name)", "timeout_ms": \(timeout),
            "parameters": [{"name": "n", "type": "integer", "default": 1}, {"name": "list", "type": "array", "default": [1, 2]}],
            "nodes": [\(nodes.joined(separator: ",\n"))]}
            """
    }
}

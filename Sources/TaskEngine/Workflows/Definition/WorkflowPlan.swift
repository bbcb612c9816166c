/// A definition compiled for running: nodes by position and edges both ways. Made once per version and shared.
///
/// Positions are those of ``WorkflowDefinition/nodes``, from 0; a run's rows name its nodes by them.
package struct WorkflowPlan: Sendable {
    /// What it was compiled from.
    package let definition: WorkflowDefinition
    /// Positions of each node's parents, each once.
    package let parents: [[Int]]
    /// Positions of each node's children, each once, ascending.
    package let children: [[Int]]
    /// 0 for a node without parents, else one more than the highest of its parents.
    package let levels: [Int]
    /// Positions of the nodes without parents, ascending.
    package let roots: [Int]
    /// Positions of the nodes without children, ascending: their outputs are the run's.
    package let leaves: [Int]
    /// Positions of all nodes, parents before children.
    package let order: [Int]
    /// For each node the positions of those whose outputs its expressions read, ascending: ``Reads``.
    package let reads: [Reads]
    /// Whether any of its nodes is another workflow.
    package let hasChildRuns: Bool
    private let indices: [String: Int]

    /// Which outputs a node needs, by expression.
    package struct Reads: Sendable, Equatable {
        /// For its input, or for the parameters of the workflow that it starts.
        package let input: [Int]
        /// For its `when`.
        package let when: [Int]
        /// For its `foreach`.
        package let foreach: [Int]

        package init(input: [Int] = [], when: [Int] = [], foreach: [Int] = []) {
            self.input = input
            self.when = when
            self.foreach = foreach
        }
    }

    /// Compiles a definition, in time linear in its nodes and edges.
    /// - Returns: nil for one whose ids, parents or references are wrong, which is never accepted.
    package init?(_ definition: WorkflowDefinition) {
        let nodes = definition.nodes
        let indices = Dictionary(nodes.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
        guard indices.count == nodes.count, let parents = Self.positions(nodes.map(\.dependsOn), indices) else { return nil }
        let graph = WorkflowGraph(parents: parents)
        let levels = graph.levels.compactMap(\.self)
        guard levels.count == nodes.count, let reads = Self.reads(nodes, indices) else { return nil }
        self.definition = definition
        self.parents = graph.parents
        children = graph.children
        self.levels = levels
        roots = nodes.indices.filter { parents[$0].isEmpty }
        leaves = nodes.indices.filter { graph.children[$0].isEmpty }
        order = graph.order
        self.reads = reads
        self.indices = indices
        hasChildRuns = nodes.contains { node in
            if case .workflow = node.kind { true } else { false }
        }
    }

    /// The nodes, by position.
    package var nodes: [WorkflowDefinition.Node] { definition.nodes }

    /// The position of the node with this id; nil when there is none.
    package func index(of id: String) -> Int? { indices[id] }

    private static func reads(_ nodes: [WorkflowDefinition.Node], _ indices: [String: Int]) -> [Reads]? {
        var all: [Reads] = []
        all.reserveCapacity(nodes.count)
        for node in nodes {
            let ids =
                switch node.kind {
                case .task(let call): [call.input.nodes, node.when?.nodes ?? [], call.foreach?.nodes ?? []]
                case .workflow(_, _, let params): [params.nodes, node.when?.nodes ?? [], []]
                case .sleep, .waitEvent: [[], node.when?.nodes ?? [], []]
                }
            guard let found = positions(ids, indices) else { return nil }
            all.append(Reads(input: found[0].sorted(), when: found[1].sorted(), foreach: found[2].sorted()))
        }
        return all
    }

    private static func positions(_ lists: [[String]], _ indices: [String: Int]) -> [[Int]]? {
        var all: [[Int]] = []
        all.reserveCapacity(lists.count)
        for ids in lists {
            let found = ids.compactMap { indices[$0] }
            guard found.count == ids.count else { return nil }
            all.append(found)
        }
        return all
    }
}

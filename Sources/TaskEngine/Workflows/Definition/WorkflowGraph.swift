/// The edges of a workflow by position, with the level of each node. Time and space are linear in nodes and edges.
struct WorkflowGraph: Sendable {
    /// Positions of each node's parents, ascending in the order of the text.
    let parents: [[Int]]
    /// Positions of each node's children, ascending.
    let children: [[Int]]
    /// 0 for a node without parents, else one more than the highest of its parents; nil for nodes on a cycle or below one.
    let levels: [Int?]
    /// Nodes that are on no cycle nor below one, parents before children.
    let order: [Int]

    init(parents: [[Int]]) {
        self.parents = parents
        var children: [[Int]] = Array(repeating: [], count: parents.count)
        for (node, parents) in parents.enumerated() { for parent in parents { children[parent].append(node) } }
        self.children = children
        var levels: [Int?] = Array(repeating: nil, count: parents.count)
        var highest: [Int] = Array(repeating: 0, count: parents.count)
        var pending = parents.map(\.count)
        var order = pending.indices.filter { pending[$0] == 0 }
        var next = 0
        while next < order.count {
            let node = order[next]
            next += 1
            levels[node] = highest[node]
            for child in children[node] {
                highest[child] = max(highest[child], highest[node] + 1)
                pending[child] -= 1
                if pending[child] == 0 { order.append(child) }
            }
        }
        self.levels = levels
        self.order = order
    }

    /// Cycles that have no node in common, each in the order of its edges, from parent to child; empty for a graph that can be run.
    /// Every node that never gets its turn is on one of the first cycles or waits for one.
    func cycles(atMost limit: Int) -> [[Int]] {
        var unsettled = levels.map { $0 == nil }
        var cycles: [[Int]] = []
        // Where the search for the next one begins: each node that was looked at is settled, on a cycle or not.
        for start in unsettled.indices where unsettled[start] && cycles.count < limit {
            if let cycle = cycle(above: start, &unsettled) { cycles.append(cycle) }
        }
        return cycles
    }

    /// Walks from child to unsettled parent until a node comes again or there is no further parent. What was walked is settled.
    private func cycle(above start: Int, _ unsettled: inout [Bool]) -> [Int]? {
        var walked: [Int] = []
        var position: [Int: Int] = [:]
        var node = start
        while true {
            position[node] = walked.count
            walked.append(node)
            if let known = parents[node].first(where: { position[$0] != nil }), let first = position[known] {
                for node in walked { unsettled[node] = false }
                return walked[first...].reversed()
            }
            guard let parent = parents[node].first(where: { unsettled[$0] }) else {
                for node in walked { unsettled[node] = false }
                return nil
            }
            node = parent
        }
    }
}

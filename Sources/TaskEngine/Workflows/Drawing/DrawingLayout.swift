/// Where the boxes of a drawing stand.
struct DrawingLayout: Sendable {
    /// A rectangle that stands for one node, or for all nodes of a level that have none of their own.
    struct Box: Sendable {
        /// Positions in the plan, one or many.
        let nodes: [Int]
        let x: Int
        let y: Int

        var isMany: Bool { nodes.count > 1 }
    }

    static let boxWidth = 208
    static let boxHeight = 46
    static let columnGap = 72
    static let rowGap = 16
    static let margin = 24

    /// Level by level, from the top.
    let boxes: [Box]
    /// For each node of the plan the position of its box.
    let boxOfNode: [Int]
    let width: Int
    let height: Int

    init(_ plan: WorkflowPlan, _ marks: [WorkflowDrawing.Mark]) {
        let columns = Self.order(Self.columns(plan, marks), plan)
        let tallest = columns.map(\.count).max() ?? 0
        let rowHeight = Self.boxHeight + Self.rowGap
        var boxes: [Box] = []
        var boxOfNode = Array(repeating: 0, count: plan.nodes.count)
        for (level, column) in columns.enumerated() {
            let top = Self.margin + (tallest - column.count) * rowHeight / 2
            for (row, nodes) in column.enumerated() {
                for node in nodes { boxOfNode[node] = boxes.count }
                boxes.append(
                    Box(nodes: nodes, x: Self.margin + level * (Self.boxWidth + Self.columnGap), y: top + row * rowHeight))
            }
        }
        self.boxes = boxes
        self.boxOfNode = boxOfNode
        width = 2 * Self.margin + columns.count * (Self.boxWidth + Self.columnGap) - Self.columnGap
        height = 2 * Self.margin + tallest * rowHeight - Self.rowGap
    }

    /// The nodes of each level, one group for each box. What does not fit is the last group: failed and unfinished nodes are shown first.
    private static func columns(_ plan: WorkflowPlan, _ marks: [WorkflowDrawing.Mark]) -> [[[Int]]] {
        var levels: [[Int]] = Array(repeating: [], count: (plan.levels.max() ?? -1) + 1)
        for (node, level) in plan.levels.enumerated() { levels[level].append(node) }
        let most = min(WorkflowDrawing.mostInLevel, max(WorkflowDrawing.mostBoxes / max(levels.count, 1), 2))
        return levels.map { nodes in
            guard nodes.count > most else { return nodes.map { [$0] } }
            let ranked = nodes.sorted { (rank(marks[$0].state), $0) < (rank(marks[$1].state), $1) }
            return ranked.prefix(most - 1).sorted().map { [$0] } + [ranked.dropFirst(most - 1).sorted()]
        }
    }

    /// What somebody looks for first.
    private static func rank(_ state: TaskState?) -> Int {
        switch state {
        case .failed: 0
        case .running: 1
        case .queued, .scheduled: 2
        case .cancelled: 3
        case .waiting, .succeeded, .skipped, nil: 4
        }
    }

    /// Orders each column so that few edges cross: a box goes to the mean of its parents, then of its children, then of its parents.
    private static func order(_ columns: [[[Int]]], _ plan: WorkflowPlan) -> [[[Int]]] {
        var columns = columns
        var height = Array(repeating: 0.0, count: plan.nodes.count)
        for column in columns { place(column, &height) }
        for (neighbours, levels) in [
            (plan.parents, Array(columns.indices)), (plan.children, columns.indices.reversed()), (plan.parents, Array(columns.indices)),
        ] {
            for level in levels {
                columns[level] = sort(columns[level], neighbours, height)
                place(columns[level], &height)
            }
        }
        return columns
    }

    /// The box for many stays last.
    private static func sort(_ column: [[Int]], _ neighbours: [[Int]], _ height: [Double]) -> [[Int]] {
        let keyed = column.filter { $0.count == 1 }.enumerated().map { place, nodes in
            let around = neighbours[nodes[0]]
            let mean = around.isEmpty ? height[nodes[0]] : around.reduce(0) { $0 + height[$1] } / Double(around.count)
            return (mean: mean, place: place, nodes: nodes)
        }
        return keyed.sorted { ($0.mean, $0.place) < ($1.mean, $1.place) }.map(\.nodes) + column.filter { $0.count > 1 }
    }

    /// Heights relative to the middle, in rows.
    private static func place(_ column: [[Int]], _ height: inout [Double]) {
        for (row, nodes) in column.enumerated() {
            for node in nodes { height[node] = Double(row) - Double(column.count - 1) / 2 }
        }
    }
}

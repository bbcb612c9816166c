/// What stands in the columns of a drawing: boxes for nodes, and lanes in which the lines of long edges pass between the boxes of
/// the columns that they cross.
struct DrawingCells: Sendable {
    struct Cell: Sendable {
        /// Column, from 0.
        let level: Int
        /// Positions in the plan; empty for a lane. Many for the rest of a level that is too long.
        let nodes: [Int]

        var isLane: Bool { nodes.isEmpty }
        var isMany: Bool { nodes.count > 1 }
    }

    /// Most lanes. Edges beyond go straight.
    static let mostLanes = 600

    private(set) var cells: [Cell] = []
    /// Positions of the cells that lines come from, ascending. A lane has one.
    private(set) var parents: [[Int]] = []
    private(set) var children: [[Int]] = []
    let levelCount: Int
    /// For each cell its lanes in the columns behind it.
    private var lanes: [Int: [Int]] = [:]
    private var laneCount = 0

    init(_ plan: WorkflowPlan, _ marks: [WorkflowDrawing.Mark]) {
        levelCount = (plan.levels.max() ?? -1) + 1
        for (level, groups) in Self.groups(plan, marks, levelCount).enumerated() {
            for nodes in groups { append(Cell(level: level, nodes: nodes), parents: []) }
        }
        connect(plan)
        children = Array(repeating: [], count: cells.count)
        for (child, parents) in parents.enumerated() { for parent in parents { children[parent].append(child) } }
    }

    /// The nodes of each level, one group for each box. What does not fit is the last group: failed and unfinished nodes are shown first.
    private static func groups(_ plan: WorkflowPlan, _ marks: [WorkflowDrawing.Mark], _ levelCount: Int) -> [[[Int]]] {
        var levels: [[Int]] = Array(repeating: [], count: levelCount)
        for (node, level) in plan.levels.enumerated() { levels[level].append(node) }
        let most = min(WorkflowDrawing.mostInLevel, max(WorkflowDrawing.mostBoxes / max(levelCount, 1), 2))
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

    private mutating func append(_ cell: Cell, parents: [Int]) {
        cells.append(cell)
        self.parents.append(parents)
    }

    /// Gives each box the cells that its lines come from: boxes of the column before, or the lanes of boxes further back.
    private mutating func connect(_ plan: WorkflowPlan) {
        let sources = sources(plan)
        var furthest = Array(repeating: 0, count: sources.count)
        for (box, sources) in sources.enumerated() {
            for source in sources { furthest[source] = max(furthest[source], cells[box].level) }
        }
        for box in sources.indices { addLanes(box, to: furthest[box] - 1) }
        for (box, sources) in sources.enumerated() {
            let level = cells[box].level
            parents[box] = sources.map { source in
                let behind = level - 2 - cells[source].level
                return behind < 0 ? source : lanes[source].map { $0[behind] } ?? source
            }.sorted()
        }
    }

    /// For each box the boxes of its parents, each once.
    private func sources(_ plan: WorkflowPlan) -> [[Int]] {
        var boxOfNode = Array(repeating: 0, count: plan.nodes.count)
        for (box, cell) in cells.enumerated() { for node in cell.nodes { boxOfNode[node] = box } }
        return cells.map { cell in Array(Set(cell.nodes.flatMap { plan.parents[$0].map { boxOfNode[$0] } })).sorted() }
    }

    private mutating func addLanes(_ box: Int, to level: Int) {
        let levels = cells[box].level + 1..<max(level + 1, cells[box].level + 1)
        guard !levels.isEmpty, laneCount + levels.count <= Self.mostLanes else { return }
        var own: [Int] = []
        for level in levels {
            append(Cell(level: level, nodes: []), parents: [own.last ?? box])
            own.append(cells.count - 1)
        }
        lanes[box] = own
        laneCount += own.count
    }
}

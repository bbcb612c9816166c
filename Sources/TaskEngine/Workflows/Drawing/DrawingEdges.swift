/// The lines of a drawing. Boxes with the same parents share a junction, so that two full levels cost lines for their boxes and not
/// for their edges.
struct DrawingEdges: Sendable {
    struct Point: Sendable, Equatable {
        let x: Int
        let y: Int
    }

    struct Line: Sendable {
        let from: Point
        let to: Point
        /// Whether it ends at a box and not at a junction.
        let hasArrow: Bool
    }

    private(set) var lines: [Line] = []
    private(set) var junctions: [Point] = []
    /// Lines that would exceed the limit.
    private(set) var omitted = 0

    init(_ plan: WorkflowPlan, _ layout: DrawingLayout) {
        for group in Self.groups(plan, layout) {
            if group.parents.count > 2, group.children.count > 2 {
                join(group, layout)
            } else {
                for child in group.children {
                    for parent in group.parents { add(Self.exit(layout.boxes[parent]), Self.entry(layout.boxes[child]), hasArrow: true) }
                }
            }
        }
    }

    /// Boxes by their parents, in the order of the boxes.
    private static func groups(_ plan: WorkflowPlan, _ layout: DrawingLayout) -> [(parents: [Int], children: [Int])] {
        var groups: [(parents: [Int], children: [Int])] = []
        var positions: [[Int]: Int] = [:]
        for (child, box) in layout.boxes.enumerated() {
            let parents = Set(box.nodes.flatMap { plan.parents[$0].map { layout.boxOfNode[$0] } }).sorted()
            guard !parents.isEmpty else { continue }
            // Boxes of one column only: a junction stands before it.
            let key = [box.x] + parents
            if let position = positions[key] {
                groups[position].children.append(child)
            } else {
                positions[key] = groups.count
                groups.append((parents, [child]))
            }
        }
        return groups
    }

    private mutating func join(_ group: (parents: [Int], children: [Int]), _ layout: DrawingLayout) {
        let ends = group.children.map { Self.entry(layout.boxes[$0]) }
        let starts = group.parents.map { Self.exit(layout.boxes[$0]) }
        let middle = (ends.reduce(0) { $0 + $1.y } / ends.count + starts.reduce(0) { $0 + $1.y } / starts.count) / 2
        let junction = Point(x: ends[0].x - DrawingLayout.columnGap / 2, y: middle)
        junctions.append(junction)
        for start in starts { add(start, junction, hasArrow: false) }
        for end in ends { add(junction, end, hasArrow: true) }
    }

    private mutating func add(_ from: Point, _ to: Point, hasArrow: Bool) {
        if lines.count < WorkflowDrawing.mostLines {
            lines.append(Line(from: from, to: to, hasArrow: hasArrow))
        } else {
            omitted += 1
        }
    }

    private static func exit(_ box: DrawingLayout.Box) -> Point {
        Point(x: box.x + DrawingLayout.boxWidth, y: box.y + DrawingLayout.boxHeight / 2)
    }

    private static func entry(_ box: DrawingLayout.Box) -> Point {
        Point(x: box.x, y: box.y + DrawingLayout.boxHeight / 2)
    }
}

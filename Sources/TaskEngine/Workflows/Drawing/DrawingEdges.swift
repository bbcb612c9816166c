/// The lines of a drawing. Boxes with the same parents share a junction, so that two full levels cost lines for their boxes and not
/// for their edges.
struct DrawingEdges: Sendable {
    typealias Point = DrawingLayout.Point

    struct Line: Sendable {
        let from: Point
        let to: Point
        /// Whether it ends at a box, and not at a junction or a lane.
        let hasArrow: Bool
    }

    private(set) var lines: [Line] = []
    private(set) var junctions: [Point] = []
    /// Lines that would exceed the limit.
    private(set) var omitted = 0

    init(_ layout: DrawingLayout) {
        for group in Self.groups(layout.cells) {
            if group.parents.count > 2, group.children.count > 2 {
                join(group, layout)
            } else {
                for child in group.children {
                    let hasArrow = !layout.cells.cells[child].isLane
                    for parent in group.parents { add(layout.exit(parent), layout.entry(child), hasArrow: hasArrow) }
                }
            }
        }
        for (cell, content) in layout.cells.cells.enumerated() where content.isLane {
            add(layout.entry(cell), layout.exit(cell), hasArrow: false)
        }
    }

    /// The cells of a column by their parents, in the order of the cells.
    private static func groups(_ cells: DrawingCells) -> [(parents: [Int], children: [Int])] {
        var groups: [(parents: [Int], children: [Int])] = []
        var positions: [[Int]: Int] = [:]
        for (child, parents) in cells.parents.enumerated() where !parents.isEmpty {
            let key = [cells.cells[child].level] + parents
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
        let ends = group.children.map(layout.entry)
        let starts = group.parents.map(layout.exit)
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
}

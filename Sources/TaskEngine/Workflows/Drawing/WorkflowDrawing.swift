/// Draws a workflow as SVG: one column for each level, from left to right, with the state of each node.
///
/// Equal plans and marks give equal text. A state shows by colour, by a sign and by its word, so that the drawing reads without colour; each node
/// has a title for those who listen. The size is bounded for any plan: a level that is too long ends in a box that counts the rest, which
/// never hides a failed node as long as there is room, and lines beyond the limit are counted instead of drawn.
package struct WorkflowDrawing: Sendable {
    /// What is shown of a node.
    package struct Mark: Sendable, Equatable {
        /// Its state; nil for a node of a definition that is not a run's.
        package let state: TaskState?
        /// A few words behind the state, "3 of 10"; nil for none.
        package let note: String?

        package init(state: TaskState?, note: String? = nil) {
            self.state = state
            self.note = note
        }
    }

    /// Most boxes of a level, and of the drawing.
    static let mostInLevel = 50
    static let mostBoxes = 1500
    /// Most lines.
    static let mostLines = 4000

    let plan: WorkflowPlan
    let marks: [Mark]

    /// - Parameter marks: one for each node of the plan; missing ones have no state.
    package init(_ plan: WorkflowPlan, marks: [Mark] = []) {
        self.plan = plan
        self.marks = (0..<plan.nodes.count).map { $0 < marks.count ? marks[$0] : Mark(state: nil) }
    }

    /// The drawing. Time grows with nodes and edges.
    package var svg: String {
        let layout = DrawingLayout(DrawingCells(plan, marks))
        let edges = DrawingEdges(layout)
        var writer = SVGWriter()
        writer.begin(width: layout.width, height: layout.height, title: plan.definition.name, description: description(edges))
        for line in edges.lines { writer.line(line) }
        for junction in edges.junctions { writer.junction(junction) }
        // In the order in which somebody reads who hears the titles.
        for cell in layout.columns.joined() where !layout.cells.cells[cell].isLane {
            writer.box(layout.cells.cells[cell].nodes, at: layout.corners[cell], plan, marks)
        }
        if edges.omitted > 0 { writer.note("\(edges.omitted) lines are not drawn", y: layout.height - 6) }
        return writer.finish()
    }

    private func description(_ edges: DrawingEdges) -> String {
        let levels = (plan.levels.max() ?? -1) + 1
        var text = "\(Self.count(plan.nodes.count, "node")) on \(Self.count(levels, "level"))"
        let states = Self.states(marks)
        if !states.isEmpty { text += ": \(states)" }
        if edges.omitted > 0 { text += "; \(edges.omitted) lines are not drawn" }
        return text
    }

    /// "3 succeeded, 1 failed".
    static func states(_ marks: some Collection<Mark>) -> String {
        TaskState.allCases.reversed().compactMap { state in
            let count = marks.count { $0.state == state }
            return count == 0 ? nil : "\(count) \(state.rawValue)"
        }.joined(separator: ", ")
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

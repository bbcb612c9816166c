/// What the box of one node shows.
struct NodeFace {
    /// Says what the node does.
    enum Outline {
        /// A task.
        case plain
        /// A pause.
        case round
        /// A task for each element of a list.
        case stack
        /// Another workflow.
        case double
        /// A wait for an event.
        case pointed
    }

    /// Most parents that a title names.
    private static let mostParents = 5

    let state: TaskState?
    let outline: Outline
    /// The first line.
    let name: String
    /// The second line.
    let line: String
    /// All of it, for pointers and readers of the screen.
    let title: String

    init(_ plan: WorkflowPlan, _ index: Int, _ mark: WorkflowDrawing.Mark) {
        let node = plan.nodes[index]
        state = mark.state
        name = node.id
        let work: String
        switch node.kind {
        case .task(let call):
            (outline, work) = (call.foreach == nil ? .plain : .stack, call.type)
        case .waitEvent(let name, _): (outline, work) = (.pointed, "event \(name)")
        case .sleep(let milliseconds): (outline, work) = (.round, "sleep \(Self.duration(milliseconds))")
        case .workflow(let name, let version, _):
            (outline, work) = (.double, "workflow \(name)" + (version.map { "@\($0)" } ?? ""))
        }
        let state = [mark.state?.rawValue, mark.note].compactMap(\.self).joined(separator: ", ")
        line = state.isEmpty ? work : "\(state) · \(work)"
        let parents = plan.parents[index].prefix(Self.mostParents).map { plan.nodes[$0].id }
        let rest = plan.parents[index].count - parents.count
        title =
            ([node.id, state, work].filter { !$0.isEmpty } + (parents.isEmpty ? [] : ["after \(parents.joined(separator: ", "))"]))
            .joined(separator: " · ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private static func duration(_ milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1000: "\(milliseconds) ms"
        case ..<60_000: "\(milliseconds / 1000) s"
        case ..<3_600_000: "\(milliseconds / 60_000) min"
        default: "\(milliseconds / 3_600_000) h"
        }
    }
}

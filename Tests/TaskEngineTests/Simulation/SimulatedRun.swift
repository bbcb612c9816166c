import Storage
import TaskEngine

/// A workflow run as it is stored, and what is wrong with it by the rules as they are written down.
struct SimulatedRun: Sendable {
    struct Row: Sendable {
        let task: Int64
        let node: Int
        let element: Int?
        let state: TaskState
        let pending: Int64
        let hasBegun: Bool
        let isMarked: Bool
        let errorCode: String?
        let hasOutput: Bool

        /// Something of it is under way.
        var isActive: Bool { [.queued, .scheduled, .running].contains(state) || (state == .waiting && hasBegun) }
    }

    let id: Int64
    let definition: Int64
    let state: RunState
    let finishedAt: Int64?
    let isEnding: Bool
    /// It is ended in pieces, and not all of them have been.
    let isStopping: Bool
    let unfinished: Int
    let flawed: Int
    let failed: Int
    let tasks: Int
    let version: Int64
    let parentTask: Int64?
    let events: Int
    /// Names of events that no node has taken.
    var untaken: Set<String> = []
    var rows: [Row] = []

    /// All that are stored, by id.
    static func all(_ connection: any Connection) throws -> [Int64: SimulatedRun] {
        let runs = try connection.rows(
            """
            SELECT w.id, w.definition, w.state, w.finished_at, w.cancel_requested_at, w.unfinished, w.flawed, w.failed, w.task_count,
                w.version, w.parent_task, (SELECT COUNT(*) FROM workflow_events AS e WHERE e.run_id = w.id), w.stop_node
            FROM workflow_runs AS w
            """
        ) { row in
            SimulatedRun(
                id: row.int(0), definition: row.int(1), state: RunState(rawValue: row.text(2)) ?? .pending, finishedAt: row.intOrNil(3),
                isEnding: row.intOrNil(4) != nil, isStopping: row.intOrNil(12) != nil, unfinished: Int(row.int(5)), flawed: Int(row.int(6)),
                failed: Int(row.int(7)),
                tasks: Int(row.int(8)), version: row.int(9), parentTask: row.intOrNil(10), events: Int(row.int(11)))
        }
        var all = Dictionary(uniqueKeysWithValues: runs.map { ($0.id, $0) })
        guard !all.isEmpty else { return all }
        for (run, row) in try rows(connection) { all[run]?.rows.append(row) }
        for (run, name) in try connection.rows(
            "SELECT run_id, name FROM workflow_events WHERE node IS NULL", { ($0.int(0), $0.text(1)) })
        {
            all[run]?.untaken.insert(name)
        }
        return all
    }

    private static func rows(_ connection: any Connection) throws -> [(Int64, Row)] {
        try connection.rows(
            """
            SELECT t.run_id, t.id, t.node, t.element, t.state, t.pending, t.started_at, t.cancel_requested_at, t.error_code, x.task_id
            FROM tasks AS t LEFT JOIN task_results AS x ON x.task_id = t.id WHERE t.run_id IS NOT NULL ORDER BY t.id
            """
        ) { row in
            (
                row.int(0),
                Row(
                    task: row.int(1), node: Int(row.int(2)), element: row.intOrNil(3).map(Int.init),
                    state: TaskState(rawValue: row.text(4)) ?? .waiting, pending: row.int(5), hasBegun: row.intOrNil(6) != nil,
                    isMarked: row.intOrNil(7) != nil, errorCode: row.textOrNil(8), hasOutput: row.intOrNil(9) != nil)
            )
        }
    }

    /// Something of it has run, or one of its nodes has ended without.
    var hasBegun: Bool {
        rows.contains { [.running, .succeeded, .failed].contains($0.state) || ($0.element == nil && $0.state.isTerminal) }
    }

    // MARK: - What must hold

    /// The first thing that is wrong; nil when nothing is.
    /// - Parameters:
    ///   - children: tasks whose child run has not ended.
    ///   - wasRetried: some nodes may then have run before what is above them ended otherwise.
    func problem(_ flow: [SimulatedFlow.Node], children: Set<Int64>, wasRetried: Bool) -> String? {
        let nodes = rows.filter { $0.element == nil }.sorted { $0.node < $1.node }
        guard nodes.map(\.node) == Array(flow.indices) else { return "its nodes are not those of its definition" }
        if let problem = countProblem(nodes, flow) { return problem }
        if isStopping { return nil }
        for row in rows {
            if row.hasOutput, row.state != .succeeded { return "\(row) has an output" }
            if isEnding, row.isActive, !(row.state == .running && row.isMarked), row.state != .waiting {
                return "it ends, and \(row) does not"
            }
        }
        for node in nodes {
            let elements = rows.filter { $0.element != nil && $0.node == node.node }
            let problem =
                waitProblem(node, nodes, elements, flow, children) ?? elementProblem(node, elements, flow)
                ?? (wasRetried ? nil : skipProblem(node, nodes, flow))
            if let problem { return "\(node): \(problem)" }
        }
        return nil
    }

    private func countProblem(_ nodes: [Row], _ flow: [SimulatedFlow.Node]) -> String? {
        let bad = nodes.filter { $0.state.isTerminal && $0.state != .succeeded }
        let counts = [
            nodes.count { !$0.state.isTerminal }, bad.count, bad.count { $0.state != .skipped && !flow[$0.node].continues }, rows.count,
        ]
        guard counts == [unfinished, flawed, failed, tasks] else {
            return "it counts \([unfinished, flawed, failed, tasks]), and there are \(counts)"
        }
        guard state.isTerminal == (unfinished == 0) else { return "it is \(state) with \(unfinished) unfinished nodes" }
        if state.isTerminal, !isEnding, state != (failed > 0 ? .failed : .succeeded) { return "it is \(state) with \(failed) failures" }
        if state.isTerminal, isEnding, state != .cancelled, state != .timedOut { return "it was ended, and is \(state)" }
        return nil
    }

    /// It waits for as many as have not ended, and nothing of it is under way before its parents have ended.
    private func waitProblem(
        _ node: Row, _ nodes: [Row], _ elements: [Row], _ flow: [SimulatedFlow.Node], _ children: Set<Int64>
    ) -> String? {
        let parents = flow[node.node].parents.count { !nodes[$0].state.isTerminal }
        if node.isActive, parents > 0 { return "it is under way before \(parents) of its parents have ended" }
        if case .event(let name) = flow[node.node].kind, node.state == .scheduled, untaken.contains(name) {
            return "it waits for an event that came"
        }
        let hasChild = children.contains(node.task)
        if hasChild, node.state != .waiting || !node.hasBegun { return "it has a child run that goes on" }
        guard node.state == .waiting else { return nil }
        let below = node.hasBegun ? elements.count { !$0.state.isTerminal } + (hasChild ? 1 : 0) : 0
        guard node.pending == parents + below, node.pending > 0 else { return "it waits for \(node.pending), not \(parents + below)" }
        return nil
    }

    private func elementProblem(_ node: Row, _ elements: [Row], _ flow: [SimulatedFlow.Node]) -> String? {
        guard case .list(let atOnce) = flow[node.node].kind else { return elements.isEmpty ? nil : "it has elements" }
        guard elements.compactMap(\.element).sorted() == Array(elements.indices) else { return "its elements are not one of each" }
        let (active, waiting) = (elements.filter(\.isActive), elements.filter { $0.state == .waiting })
        if let atOnce, active.count > atOnce { return "\(active.count) of its elements are under way at once" }
        if !waiting.isEmpty, active.count != atOnce { return "its elements wait for nothing" }
        if node.state == .succeeded, elements.contains(where: { $0.state != .succeeded }) { return "not all of its elements succeeded" }
        return nil
    }

    /// Skipped exactly if what is above it or its condition says so.
    private func skipProblem(_ node: Row, _ nodes: [Row], _ flow: [SimulatedFlow.Node]) -> String? {
        let parents = flow[node.node].parents
        guard node.state != .waiting || node.hasBegun, node.state != .cancelled else { return nil }
        let isBarred = parents.contains { [.failed, .cancelled].contains(nodes[$0].state) && !flow[$0].continues }
        let isAlone = !parents.isEmpty && parents.allSatisfy { nodes[$0].state == .skipped }
        let expected = isBarred ? "parent_failed" : isAlone ? "parents_skipped" : nil
        if node.state == .skipped {
            return node.errorCode == expected ?? "condition_false" ? nil : "it was skipped for \(node.errorCode ?? "")"
        }
        return expected.map { "it ought to have been skipped: \($0)" }
    }
}

extension SimulatedRun.Row: CustomStringConvertible {
    var description: String { "node \(node)\(element.map { "[\($0)]" } ?? "") (task \(task), \(state))" }
}

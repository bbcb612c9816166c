import Storage
import TestSupport

/// Workflow runs as they stand in the database, when all have ended, and what is wrong with them.
struct RunAftermath: Sendable {
    private struct Run: Sendable {
        let id: Int64
        let state: String
        let parentTask: Int64?
        let unfinished: Int64
    }

    private struct Row: Sendable {
        let id: Int64
        let node: Int
        let element: Int64?
        let state: String
        let lost: Int64
        /// When it began first, in whatever attempt; nil when it never did.
        let began: Int64?
        let finished: Int64
    }

    private let runs: [String: Run]
    private let children: [Run]
    private let rows: [Int64: [Row]]
    /// By how many microseconds the clocks of processes may have been read in another order than their transactions had.
    private let tolerance: Int64

    init(_ database: any Database) async throws {
        let (runs, rows) = try await database.read { connection in
            let runs = try connection.rows("SELECT run_key, id, state, parent_task, unfinished FROM workflow_runs") { row in
                (row.textOrNil(0), Run(id: row.int(1), state: row.text(2), parentTask: row.intOrNil(3), unfinished: row.int(4)))
            }
            let rows = try connection.rows(
                """
                SELECT t.run_id, t.id, t.node, t.element, t.state, t.lost, t.started_at, t.finished_at,
                    (SELECT MIN(a.started_at) FROM attempts AS a WHERE a.task_id = t.id)
                FROM tasks AS t WHERE t.run_id IS NOT NULL ORDER BY t.id
                """
            ) { row in
                let began = [row.intOrNil(6), row.intOrNil(8)].compactMap(\.self).min()
                return (
                    row.int(0),
                    Row(
                        id: row.int(1), node: Int(row.int(2)), element: row.intOrNil(3), state: row.text(4), lost: row.int(5), began: began,
                        finished: row.int(7))
                )
            }
            return (runs, rows)
        }
        self.runs = Dictionary(runs.compactMap { key, run in key.map { ($0, run) } }, uniquingKeysWith: { first, _ in first })
        children = runs.filter { $0.0 == nil }.map(\.1)
        self.rows = Dictionary(grouping: rows, by: \.0).mapValues { $0.map(\.1) }
        tolerance = database.dialect == .postgres ? 500_000 : 0
    }

    /// Everything that is wrong, in words; empty when all is well.
    func problems(_ planned: [RunLoad.Planned]) -> [String] {
        var problems = planned.flatMap(problems)
        if runs.count != planned.count { problems.append("\(planned.count) runs were started, \(runs.count) are there") }
        let parents = children.compactMap(\.parentTask)
        if Set(parents).count != children.count { problems.append("nodes have more than one child run each: \(parents.sorted())") }
        return problems
    }

    private func problems(_ planned: RunLoad.Planned) -> [String] {
        guard let run = runs[planned.key] else { return ["run \(planned.key) was acknowledged and is not there"] }
        let all = rows[run.id] ?? []
        let nodes = all.filter { $0.element == nil }.sorted { $0.node < $1.node }
        guard nodes.map(\.node) == Array(planned.flow.nodes.indices) else {
            return ["run \(planned.key) has other nodes than its workflow"]
        }
        var problems: [String] = []
        let expected = planned.flow.expected(n: planned.n)
        let states = nodes.map(\.state)
        // What was killed three times under its worker fails.
        let isSpoilt = all.contains { $0.lost >= 3 }
        if !isSpoilt, states != expected.nodes || run.state != expected.run || run.unfinished != 0 {
            problems.append("is \(run.state) with \(states), not \(expected)")
        }
        for node in nodes {
            let elements = all.filter { $0.element != nil && $0.node == node.node }
            problems += order(of: node, nodes, elements, planned.flow) + count(of: node, elements, planned.flow)
        }
        return problems.map { "run \(planned.key) of \(planned.flow.name): \($0)" }
    }

    private func order(of node: Row, _ nodes: [Row], _ elements: [Row], _ flow: RandomFlow) -> [String] {
        // A node that waited for an event never began; its parents had ended when it did.
        let began = ([node.began] + elements.map(\.began)).compactMap(\.self).min() ?? node.finished
        var problems = flow.nodes[node.node].parents.filter { nodes[$0].finished > began + tolerance }.map { parent in
            "node \(node.node) began at \(began), before its parent \(parent) ended at \(nodes[parent].finished)"
        }
        for element in elements where element.finished > node.finished + tolerance {
            problems.append("node \(node.node) ended before its element \(element.element ?? -1)")
        }
        return problems
    }

    private func count(of node: Row, _ elements: [Row], _ flow: RandomFlow) -> [String] {
        switch flow.nodes[node.node].kind {
        case .list(let count, _) where node.state != "skipped":
            let found = elements.compactMap(\.element).sorted()
            return found == (0..<Int64(count)).map { $0 } ? [] : ["node \(node.node) has the elements \(found) of \(count)"]
        case .child where node.state != "skipped":
            return children.contains { $0.parentTask == node.id } ? [] : ["node \(node.node) has no child run"]
        default:
            return elements.isEmpty ? [] : ["node \(node.node) has elements"]
        }
    }
}

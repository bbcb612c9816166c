import Storage

/// What must hold of a run that has not ended: its numbers are those of its nodes, and every node that waits does so for something
/// that will end.
enum RunChecks {
    /// Nodes that one read looks at, unless a single run has more.
    static let mostNodes: Int64 = 20_000
    private static let mostRuns = 500

    /// The runs above `id`, as many as one read can hold. Of those that are being ended in pieces there is nothing to say yet.
    /// - Returns: the last one that was looked at; nil when there was none left.
    static func look(
        above id: Int64, _ plans: WorkflowPlans, on connection: any Connection
    ) throws -> (findings: [Finding], last: Int64?) {
        let candidates = try connection.rows(
            "SELECT \(fragment: RunRow.columns) FROM workflow_runs AS w WHERE w.id > \(id) AND w.finished_at IS NULL AND w.stop_node IS NULL ORDER BY w.id LIMIT \(mostRuns)",
            RunRow.init)
        var (runs, nodes): ([RunRow], Int64) = ([], 0)
        for run in candidates where runs.isEmpty || nodes + run.taskCount <= mostNodes {
            runs.append(run)
            nodes += run.taskCount
        }
        guard let last = runs.last else { return ([], nil) }
        var findings: [Finding] = []
        let rows = try nodeRows(of: runs.map(\.id), connection)
        let children = try unfinishedChildren(of: runs.map(\.id), connection)
        for run in runs {
            findings += try Examination(run: run, plan: plans.plan(run.head, on: connection), rows: rows[run.id] ?? [], children: children)
                .findings
        }
        return (findings, last.id)
    }

    fileprivate struct NodeRow {
        let task: Int64
        let node: Int
        let isElement: Bool
        let state: TaskState
        let pending: Int64
        let hasBegun: Bool
    }

    private static func nodeRows(of runs: [Int64], _ connection: any Connection) throws -> [Int64: [NodeRow]] {
        let rows = try connection.rows(
            """
            SELECT t.run_id, t.id, t.node, t.element, t.state, t.pending, t.started_at FROM \(RowSet(ids: runs), as: "r") CROSS JOIN tasks AS t
            WHERE t.run_id = r.id
            """
        ) { row in
            (
                row.int(0),
                NodeRow(
                    task: row.int(1), node: Int(row.int(2)), isElement: row.intOrNil(3) != nil, state: try TaskState(stored: row.text(4)),
                    pending: row.int(5), hasBegun: row.intOrNil(6) != nil)
            )
        }
        return Dictionary(grouping: rows, by: \.0).mapValues { $0.map(\.1) }
    }

    /// Tasks whose child run has not ended.
    private static func unfinishedChildren(of runs: [Int64], _ connection: any Connection) throws -> Set<Int64> {
        Set(
            try connection.rows(
                """
                SELECT c.parent_task FROM \(RowSet(ids: runs), as: "r") CROSS JOIN tasks AS t
                    JOIN workflow_runs AS c ON c.parent_task = t.id
                WHERE t.run_id = r.id AND t.type = \(WorkflowTasks.workflow) AND c.parent_task IS NOT NULL AND c.finished_at IS NULL
                """
            ) { $0.int(0) })
    }

    private struct Examination {
        let run: RunRow
        let plan: WorkflowPlan
        let rows: [NodeRow]
        let children: Set<Int64>

        var findings: [Finding] {
            let nodes = rows.filter { !$0.isElement }
            guard Set(nodes.map(\.node)) == Set(plan.nodes.indices), nodes.count == plan.nodes.count else {
                return [finding("the nodes of run \(run.id) are not those of its definition")]
            }
            let unfinished = nodes.filter { !$0.state.isTerminal }
            let flawed = nodes.filter { $0.state.isTerminal && $0.state != .succeeded }
            let failed = flawed.filter { $0.state != .skipped && plan.nodes[$0.node].onFailure == .fail }
            guard
                !unfinished.isEmpty, run.unfinished == unfinished.count, run.flawed == flawed.count, run.failed == failed.count,
                run.taskCount == rows.count
            else { return [finding("run \(run.id) counts other nodes than it has, or has not ended although they have")] }
            return waiting(nodes)
        }

        private func waiting(_ nodes: [NodeRow]) -> [Finding] {
            let isOpen = Dictionary(nodes.map { ($0.node, !$0.state.isTerminal) }, uniquingKeysWith: { first, _ in first })
            var open: [Int: Int64] = [:]
            var released: Set<Int> = []
            for row in rows where row.isElement && !row.state.isTerminal {
                open[row.node, default: 0] += 1
                if row.state != .waiting { released.insert(row.node) }
            }
            return rows.filter { $0.state == .waiting }.compactMap { row in
                let isRight: Bool
                if row.isElement {
                    isRight = row.pending == 1 && released.contains(row.node)
                } else {
                    let parents = Int64(plan.parents[row.node].count { isOpen[$0] == true })
                    let below = open[row.node, default: 0] + (children.contains(row.task) ? 1 : 0)
                    isRight = row.pending > 0 && row.pending == parents + (row.hasBegun ? below : 0)
                }
                return isRight ? nil : stuck(row)
            }
        }

        private func stuck(_ row: NodeRow) -> Finding {
            Finding(
                .waitingWithoutParents, task: row.task,
                "task \(row.task), node '\(plan.nodes[row.node].id)' of run \(run.id), waits for \(row.pending) ends that are not to come",
                repair: "-- cancel it, which moves the run on: POST /v1/tasks/\(row.task)/cancel")
        }

        private func finding(_ detail: String) -> Finding {
            Finding(
                .runDisagrees, subject: "workflow run \(run.id)", detail,
                repair: "-- compare: SELECT node, element, state, pending FROM tasks WHERE run_id = \(run.id) ORDER BY node, element")
        }
    }
}

package import Storage

extension ReadRun {
    /// One page of the elements of a node, in the order of the list; nil when the tenant has no such run, or the run no such node.
    /// - Parameters:
    ///   - state: elements in this state; nil shows all.
    ///   - last: the last element of the page before; nil begins with the first.
    ///   - limit: most elements returned; fewer when their outputs are long.
    package static func elements(
        of name: String, node: String, tenant: String, state: TaskState? = nil, after last: Int64? = nil, limit: Int,
        _ workflows: Workflows, on connection: any Connection
    ) throws -> ListPage<RunElement, Int64>? {
        guard let summary = try FindRun.summary(name, tenant: tenant, on: connection),
            let index = try workflows.plans.plan(summary.head, on: connection).index(of: node)
        else { return nil }
        let inState: SQL = state.map { " AND \(plainColumn: "t.state") = \($0.rawValue)" } ?? ""
        let found = try connection.rows(
            """
            SELECT t.element, \(fragment: outputBytes) FROM tasks AS t LEFT JOIN task_results AS x ON x.task_id = t.id
            WHERE t.run_id = \(summary.id) AND t.node = \(Int64(index)) AND t.element > \(last ?? -1)\(fragment: inState)
            ORDER BY t.element LIMIT \(limit + 1)
            """
        ) { (key: $0.int(0), bytes: Int($0.int(1))) }
        let (shown, isCut) = PageBudget.fitting(found, limit: limit)
        guard let end = shown.last else { return ListPage([], next: nil) }
        let elements = try connection.rows(
            """
            SELECT t.element, t.id, t.state, t.attempt, t.started_at, t.finished_at, x.output, t.error_code, t.error_message
            FROM tasks AS t LEFT JOIN task_results AS x ON x.task_id = t.id
            WHERE t.run_id = \(summary.id) AND t.node = \(Int64(index)) AND t.element > \(last ?? -1) AND t.element <= \(end)\(fragment: inState)
            ORDER BY t.element
            """
        ) { row in
            RunElement(
                index: Int(row.int(0)), task: row.int(1), state: try TaskState(stored: row.text(2)), attempt: Int(row.int(3)),
                startedAt: row.intOrNil(4), finishedAt: row.intOrNil(5), output: row.textOrNil(6).flatMap { $0.isEmpty ? nil : $0 },
                error: TaskError(code: row.textOrNil(7), message: row.textOrNil(8)))
        }
        return ListPage(elements, next: isCut ? end : nil)
    }

    private static let outputBytes: SQL =
        "COALESCE(\(sqlite: "length(CAST(x.output AS BLOB))", postgres: "octet_length(x.output)"), 0)"
}

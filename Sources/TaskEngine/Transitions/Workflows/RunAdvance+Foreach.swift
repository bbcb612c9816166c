import JSONText
import Storage

extension RunAdvance {
    /// Starts a task for each element of a list, in this transaction: all of them or, when it cannot be, none and the node fails.
    mutating func expand(
        _ turn: Due, _ call: WorkflowDefinition.TaskCall, _ list: Template, _ values: ReferenceValues, node: String
    ) throws -> Step {
        var run = try run(turn.run)
        let elements = try list.elements(with: values, most: workflows.limits.mostElements)
        guard !elements.isEmpty else { return .succeed(output: "[]") }
        if let error = tooMany(elements.count, run, node: node) { return .fail(error) }
        guard let columns = try elementColumns(turn.id) else { throw StorageError(.corrupt, "task \(turn.id) is gone") }
        var rows = NodeRows(capacity: elements.count, now: now)
        let room = call.concurrency ?? .max
        let secretFields = workflows.secretFields(of: call.type)
        let references = call.input.secrets.count
        var bytes = 0
        for (index, (id, item)) in zip(try connection.allocateIDs(elements.count), elements).enumerated() {
            var values = values
            (values.item, values.index, values.keepsSecrets) = (item, index, true)
            let input = try call.input.resolve(with: values)
            // What is filled in must not become a reference itself: it may come from anywhere.
            if secretFields != [], SecretInput.count(in: input, fields: secretFields) != references {
                return .fail(Self.foreignReference(node))
            }
            bytes += input.utf8.count
            if let error = tooLarge(bytes, node: node) { return .fail(error) }
            let place = TaskNode(run: run.id, index: turn.node, element: index, pending: index < room ? 0 : 1)
            rows.add(id, place, tenant: run.tenant, columns, index < room ? .queued : .waiting, input: input)
        }
        try rows.insert(on: connection)
        changes += rows.changes
        run.taskCount += Int64(elements.count)
        runs[run.id] = run
        touched.insert(run.id)
        return .begin(elements.count)
    }

    private func tooMany(_ count: Int, _ run: RunRow, node: String) -> TaskError? {
        let limits = workflows.limits
        guard run.taskCount + Int64(count) > Int64(limits.mostTasks) else { return nil }
        return TaskError(
            code: "too_many_tasks", message: "node '\(node)': with \(count) elements the run has more than \(limits.mostTasks) tasks")
    }

    private static func foreignReference(_ node: String) -> TaskError {
        TaskError(code: "expression_error", message: "node '\(node)': a text where secrets are filled in holds '${secrets.' itself")
    }

    /// A small definition may repeat a large value in the input of every element.
    private func tooLarge(_ bytes: Int, node: String) -> TaskError? {
        let most = workflows.limits.mostInputBytes
        guard bytes > most else { return nil }
        return TaskError(
            code: "inputs_too_large",
            message: "node '\(node)': the inputs of its elements have more than \(most) bytes together; let the tasks read what they share")
    }

    /// Elements are tasks as their node's row says.
    private func elementColumns(_ task: Int64) throws -> Workflows.Resolved? {
        try connection.row("SELECT type, queue, priority, max_retries, soft_ms, timeout_ms FROM tasks WHERE id = \(task)") { row in
            Workflows.Resolved(
                type: row.text(0), queue: row.text(1), priority: Int(row.int(2)), maxRetries: Int(row.int(3)),
                softMilliseconds: row.intOrNil(4), timeoutMilliseconds: row.intOrNil(5))
        }
    }

    /// Elements that had been let begin have ended: as many others may begin, the first ones first.
    /// - Parameter element: one of those that ended. Elements begin in order, so that none before it waits.
    mutating func makeRoom(at place: Place, _ count: Int, after element: Int) throws {
        let run = try run(place.run)
        guard !run.isEnding, let call = try plan(of: run).nodes[place.node].task, call.concurrency != nil else { return }
        changes += try connection.rows(
            """
            UPDATE tasks SET state = 'queued', pending = 0, ready_at = \(now), version = version + 1
            WHERE id IN (
                SELECT t.id FROM tasks AS t
                WHERE t.run_id = \(place.run) AND t.node = \(Int64(place.node)) AND t.element > \(Int64(element)) AND \(plainColumn: "t.state") = 'waiting'
                ORDER BY t.element LIMIT \(count))
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
    }

    /// What a row ends as whose elements or child run have ended.
    mutating func conclude(_ turn: Due) throws -> Step {
        let run = try run(turn.run)
        let plan = try plan(of: run)
        if turn.isCancelled { return .cancel }
        if case .workflow = plan.nodes[turn.node].kind { return try concludeChild(turn) }
        if run.isEnding { return .cancel }
        return try concludeElements(turn, node: plan.nodes[turn.node])
    }

    /// How the elements of a node ended, and how long their outputs are.
    private func sumOfElements(_ turn: Due) throws -> (count: Int, bad: Int, bytes: Int) {
        let bytes: SQL = "\(sqlite: "length(CAST(x.output AS BLOB))", postgres: "octet_length(x.output)")"
        return try connection.row(
            """
            SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN t.state = 'succeeded' THEN 0 ELSE 1 END), 0) AS BIGINT),
                CAST(COALESCE(SUM(\(fragment: bytes)), 0) AS BIGINT)
            FROM tasks AS t LEFT JOIN task_results AS x ON x.task_id = t.id
            WHERE t.run_id = \(turn.run) AND t.node = \(Int64(turn.node)) AND t.element >= 0
            """
        ) { (Int($0.int(0)), Int($0.int(1)), Int($0.int(2))) } ?? (0, 0, 0)
    }

    private func elementsFailed(_ turn: Due, node: String, _ bad: Int, of count: Int) throws -> TaskError {
        let first = try connection.row(
            """
            SELECT t.element, t.state, t.error_code FROM tasks AS t
            WHERE t.run_id = \(turn.run) AND t.node = \(Int64(turn.node)) AND t.element >= 0 AND \(plainColumn: "t.state") <> 'succeeded'
            ORDER BY t.element LIMIT 1
            """
        ) { row in (element: row.int(0), word: row.textOrNil(2).map { "\(row.text(1)) (\($0))" } ?? row.text(1)) }
        return TaskError(
            code: "elements_failed",
            message:
                "node '\(node)': \(bad) of \(count) elements did not succeed, the first is number \(first?.element ?? 0): \(first?.word ?? "")"
        )
    }

    private func concludeElements(_ turn: Due, node: WorkflowDefinition.Node) throws -> Step {
        let sum = try sumOfElements(turn)
        guard sum.bad == 0 else { return .fail(try elementsFailed(turn, node: node.id, sum.bad, of: sum.count)) }
        // What is too long for an output is written to a file, which is no work for a transaction: see ``ListOutput``.
        guard sum.bytes <= workflows.limits.mostOutputBytes else { return .queue }
        let outputs = try connection.rows(
            """
            SELECT x.output FROM tasks AS t LEFT JOIN task_results AS x ON x.task_id = t.id
            WHERE t.run_id = \(turn.run) AND t.node = \(Int64(turn.node)) AND t.element >= 0 ORDER BY t.element
            """
        ) { $0.textOrNil(0) }
        var writer = JSONWriter()
        writer.array { list in
            for output in outputs { if let output, !output.isEmpty { list.raw(output) } else { list.null() } }
        }
        return writer.bytes.count <= workflows.limits.mostOutputBytes ? .succeed(output: writer.text) : .queue
    }

    /// Bytes of the output of a child run.
    static let mostListBytes = 8 << 20
}

import Storage

extension RunAdvance {
    /// Writes the steps, all in one statement, and the outputs. What has ended by them makes the next wave.
    mutating func write(_ steps: [(turn: Due, step: Step)]) throws {
        guard !steps.isEmpty else { return }
        var rows = RowSet(
            [
                .bigint("id"), .text("state"), .bigint("ready_at"), .bigint("started_at"), .bigint("finished_at"), .bigint("pending"),
                .text("error_code"), .text("error_message"),
            ], capacity: steps.count)
        var outputs: [(task: Int64, output: String)] = []
        for (turn, step) in steps {
            rows.append([.int(turn.id)] + columns(step, turn))
            if case .succeed(let output?) = step { outputs.append((turn.id, output)) }
        }
        let changed = try connection.rows(
            """
            UPDATE tasks
            SET state = r.state, ready_at = COALESCE(r.ready_at, tasks.ready_at), started_at = r.started_at, finished_at = r.finished_at,
                pending = r.pending, error_code = r.error_code, error_message = r.error_message, version = tasks.version + 1
            FROM \(rows, as: "r") WHERE tasks.id = r.id
            RETURNING \(fragment: TaskChange.columns)
            """, TaskChange.init)
        changes += changed
        add(changed)
        try store(outputs)
    }

    private func columns(_ step: Step, _ turn: Due) -> [SQLValue] {
        var state = TaskState.waiting
        var (readyAt, startedAt, pending): (Int64?, Int64?, Int64) = (nil, turn.startedAt, 0)
        var error: TaskError?
        switch step {
        case .queue: (state, readyAt) = (.queued, now)
        case .schedule(let time): (state, readyAt) = time > now ? (.scheduled, time) : (.queued, now)
        case .skip(let reason): (state, error) = (.skipped, reason)
        case .fail(let reason): (state, error) = (.failed, reason)
        case .cancel: state = .cancelled
        case .succeed: state = .succeeded
        case .begin(let count): (startedAt, pending) = (now, Int64(count))
        }
        return [
            .text(state.rawValue), .int(readyAt), .int(startedAt), .int(state.isTerminal ? now : nil), .int(pending), .text(error?.code),
            .text(error?.message),
        ]
    }

    private func store(_ outputs: [(task: Int64, output: String)]) throws {
        guard !outputs.isEmpty else { return }
        var rows = RowSet([.bigint("task_id"), .text("output")], capacity: outputs.count)
        for output in outputs { rows.append([.int(output.task), .text(output.output)]) }
        try connection.forEach(
            rows,
            """
            INSERT INTO task_results (task_id, output, created_at) SELECT r.task_id, r.output, \(now) FROM \(rows, as: "r") WHERE true
            ON CONFLICT (task_id) DO UPDATE SET output = excluded.output, created_at = excluded.created_at
            """)
    }
}

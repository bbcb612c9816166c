import JSONText
import Storage

extension RunAdvance {
    /// What becomes of a row whose turn has come.
    enum Step {
        case queue
        /// A timer queues it at this time.
        case schedule(at: Int64)
        /// Why it never runs.
        case skip(TaskError)
        case fail(TaskError)
        case cancel
        case succeed(output: String?)
        /// It waits for so many elements or child runs.
        case begin(Int)
    }

    /// Lets every due row take its next step.
    mutating func take(_ turns: [Due]) throws {
        var steps: [(Due, Step)] = []
        steps.reserveCapacity(turns.count)
        let begun = turns.filter { $0.startedAt != nil }
        for turn in begun { steps.append((turn, try alone(turn) { advance throws in try advance.conclude(turn) })) }
        let fresh = turns.filter { $0.startedAt == nil }
        let parents = try parentStates(of: fresh)
        var running: [Due] = []
        for turn in fresh {
            if let step = try stepWithoutRunning(turn, parents) { steps.append((turn, step)) } else { running.append(turn) }
        }
        let values = try values(for: running)
        for turn in running { steps.append((turn, try alone(turn) { advance throws in try advance.step(turn, values) })) }
        try write(steps)
    }

    /// What is wrong with the expressions or the values of one node fails this node, and no other that is judged beside it.
    private mutating func alone(_ turn: Due, _ judge: (inout RunAdvance) throws -> Step) throws -> Step {
        do {
            return try judge(&self)
        } catch let error as ExpressionError {
            return .fail(.expression(error, node: try plan(of: run(turn.run)).nodes[turn.node].id))
        } catch let error as UnreadableValue {
            return .fail(error.error(node: try plan(of: run(turn.run)).nodes[turn.node].id))
        }
    }

    // MARK: - Whether it runs at all

    /// States of the parents of nodes in runs in which something ended other than succeeded.
    private func parentStates(of turns: [Due]) throws -> [Place: TaskState] {
        var wanted: Set<Place> = []
        for turn in turns {
            let run = try run(turn.run)
            guard run.flawed > 0 else { continue }
            for parent in try plan(of: run).parents[turn.node] { wanted.insert(Place(run: run.id, node: parent)) }
        }
        guard !wanted.isEmpty else { return [:] }
        let rows = Self.rows(wanted)
        let states = try connection.rows(
            """
            SELECT t.run_id, t.node, t.state FROM \(rows, as: "r") CROSS JOIN tasks AS t
            WHERE t.run_id = r.run_id AND t.node = r.node AND t.element IS NULL
            """
        ) { (Place(run: $0.int(0), node: Int($0.int(1))), try TaskState(stored: $0.text(2))) }
        return Dictionary(states, uniquingKeysWith: { first, _ in first })
    }

    /// Nil when nothing is in the way of its running.
    private func stepWithoutRunning(_ turn: Due, _ states: [Place: TaskState]) throws -> Step? {
        let run = try run(turn.run)
        // Whoever ended the run has cancelled what waited; this one was to be brought back in the same transaction.
        if run.isEnding { return .cancel }
        guard run.flawed > 0 else { return nil }
        let plan = try plan(of: run)
        let parents = plan.parents[turn.node]
        var skipped = 0
        for parent in parents {
            switch states[Place(run: run.id, node: parent)] {
            case .skipped: skipped += 1
            case .failed, .cancelled:
                guard plan.nodes[parent].onFailure == .fail else { continue }
                return .skip(TaskError(code: "parent_failed", message: "its parent '\(plan.nodes[parent].id)' did not succeed"))
            case .succeeded: continue
            case .waiting, .scheduled, .queued, .running, nil:
                throw StorageError(.corrupt, "node \(turn.node) of run \(run.id) waits for nothing although a parent has not ended")
            }
        }
        guard !parents.isEmpty, skipped == parents.count else { return nil }
        return .skip(TaskError(code: "parents_skipped", message: "all of its parents were skipped"))
    }

    // MARK: - How it runs

    private mutating func step(_ turn: Due, _ values: Values) throws -> Step {
        let run = try run(turn.run)
        let plan = try plan(of: run)
        let node = plan.nodes[turn.node]
        if let condition = node.when {
            guard try condition.holds(with: values.of(plan, run, plan.reads[turn.node].when)) else {
                return .skip(TaskError(code: "condition_false", message: "its condition is false: \(condition.source)"))
            }
        }
        switch node.kind {
        case .task(let call):
            guard let list = call.foreach else { return .queue }
            let values = try values.of(plan, run, plan.reads[turn.node].foreach + plan.reads[turn.node].input)
            return try expand(turn, call, list, values, node: node.id)
        case .sleep(let milliseconds): return .schedule(at: now + milliseconds * 1000)
        case .waitEvent(let name, let limit): return try awaitEvent(turn, name, limit: limit)
        case .workflow(let name, let version, let params):
            let values = try values.of(plan, run, plan.reads[turn.node].input)
            return try startChild(turn, name: name, version: version, params: try params.resolve(with: values))
        }
    }

    // MARK: - What expressions refer to

    /// Parameters and outputs that the expressions of some nodes read.
    struct Values {
        fileprivate var params: [Int64: RunValues.Stored] = [:]
        fileprivate var outputs: [Place: RunValues.Stored] = [:]

        fileprivate func of(_ plan: WorkflowPlan, _ run: RunRow, _ reads: [Int]) throws(UnreadableValue) -> ReferenceValues {
            try ReferenceValues(run: run.id, plan, reads: reads, params: params[run.id], outputs: outputs)
        }
    }

    /// Reads what `turns` need to be judged; the inputs of tasks are made when their attempts begin.
    private func values(for turns: [Due]) throws -> Values {
        var runs: Set<Int64> = []
        var places: Set<Place> = []
        for turn in turns {
            let run = try run(turn.run)
            let plan = try plan(of: run)
            guard !plan.isPlain(turn.node) else { continue }
            runs.insert(run.id)
            let reads = plan.reads[turn.node]
            for parent in reads.when + reads.foreach + reads.input { places.insert(Place(run: run.id, node: parent)) }
        }
        var values = Values()
        values.params = try RunValues.params(of: runs, on: connection)
        values.outputs = try RunValues.outputs(at: places, on: connection)
        return values
    }

    static func rows(_ places: Set<Place>) -> RowSet {
        var rows = RowSet([.bigint("run_id"), .bigint("node")], capacity: places.count)
        for place in places.sorted(by: { ($0.run, $0.node) < ($1.run, $1.node) }) {
            rows.append([.int(place.run), .int(Int64(place.node))])
        }
        return rows
    }
}

extension TaskError {
    /// Why a node could not be told what to do.
    static func expression(_ error: ExpressionError, node: String) -> TaskError {
        TaskError(code: "expression_error", message: error.sentence(node: node))
    }
}

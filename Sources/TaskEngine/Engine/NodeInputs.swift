import Storage

/// Makes the input of a node when its attempt begins, from the run's parameters and the outputs of the nodes before.
///
/// Outside of the writer, and mostly without the database: an input without references is in the plan, which is at hand. Elements
/// of a list have had theirs made when the list was.
struct NodeInputs: Sendable {
    let database: any Database
    let workflows: Workflows

    /// Opens secrets by their names.
    typealias Opening = @Sendable (Set<String>) async throws -> [String: String]

    /// The task with its input.
    /// - Parameter opening: called when the input of a node refers to secrets.
    /// - Throws: as ``input(of:opening:)``.
    func filled(_ task: ClaimedTask, opening: Opening) async throws -> ClaimedTask {
        var task = task
        task.input = try await input(of: task, opening: opening)
        return task
    }

    /// The id of the node whose elements have all ended, where the task is the node's own row: what is left to do is to store
    /// their outputs (``ListOutput``). Nil for every other task. From here on the plan is at hand, also for an element: it says how a
    /// failed attempt is made again (``strategy(of:otherwise:)``).
    /// - Throws: as ``input(of:opening:)``.
    func list(of task: ClaimedTask) async throws -> String? {
        guard let node = task.node, let head = task.run else { return nil }
        do {
            let plan = try await plan(head)
            guard node.element == nil else { return nil }
            guard plan.nodes.indices.contains(node.index), plan.nodes[node.index].task?.foreach != nil else { return nil }
            return plan.nodes[node.index].id
        } catch let error as StorageError where error.isTransient {
            throw TaskFailure.snooze(.seconds(1))
        }
    }

    /// - Throws: ``TaskFailure``: permanent with the code `expression_error` when a reference leads nowhere, `unreadable_value` when
    ///   what it leads to cannot be read, what `opening` throws, or a short snooze while the database cannot be read;
    ///   ``StorageError``.
    func input(of task: ClaimedTask, opening: Opening) async throws -> String {
        do {
            return try await make(task, opening)
        } catch let error as StorageError where error.isTransient {
            throw TaskFailure.snooze(.seconds(1))
        }
    }

    private func make(_ task: ClaimedTask, _ opening: Opening) async throws -> String {
        guard let node = task.node, node.element == nil, let head = task.run else { return task.input }
        let plan = try await plan(head)
        guard plan.nodes.indices.contains(node.index), let call = plan.nodes[node.index].task else { return task.input }
        if let text = call.input.staticText { return text }
        let reads = plan.reads[node.index].input
        let (params, outputs) = try await database.read { connection in
            let places = Set(reads.map { RunAdvance.Place(run: head.id, node: $0) })
            return (try RunValues.params(of: [head.id], on: connection)[head.id], try RunValues.outputs(at: places, on: connection))
        }
        let secrets = try await opening(Set(call.input.secrets))
        do {
            var values = try ReferenceValues(run: head.id, plan, reads: reads, params: params, outputs: outputs)
            values.secrets = secrets
            return try call.input.resolve(with: values)
        } catch let error as ExpressionError {
            throw TaskFailure.permanent(.expression(error, node: plan.nodes[node.index].id))
        } catch let error as UnreadableValue {
            throw TaskFailure.permanent(error.error(node: plan.nodes[node.index].id))
        }
    }

    /// How failed attempts of a node are made again, where its definition says it.
    func strategy(of task: ClaimedTask, otherwise strategy: RetryStrategy) -> RetryStrategy {
        guard let node = task.node, let head = task.run, let plan = workflows.plans.known(head.digest),
            plan.nodes.indices.contains(node.index), let retry = plan.nodes[node.index].task?.retry
        else { return strategy }
        var strategy = strategy
        if let base = retry.baseMilliseconds { strategy.base = .milliseconds(base) }
        if let cap = retry.capMilliseconds { strategy.cap = .milliseconds(cap) }
        return strategy
    }

    private func plan(_ head: RunHead) async throws -> WorkflowPlan {
        if let known = workflows.plans.known(head.digest) { return known }
        let workflows = workflows
        return try await database.read { try workflows.plans.plan(head, on: $0) }
    }
}

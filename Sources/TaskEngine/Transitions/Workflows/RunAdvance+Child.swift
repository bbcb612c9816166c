import JSONText
import Storage

extension RunAdvance {
    /// Starts the run that a node stands for, in this transaction.
    mutating func startChild(_ turn: Due, name: String, version: Int?, params: String) throws -> Step {
        let run = try run(turn.run)
        guard run.depth < workflows.limits.mostDepth else {
            return .fail(
                TaskError(
                    code: "too_deep", message: "child runs nest at most \(workflows.limits.mostDepth) deep: '\(name)' would be one too many"
                ))
        }
        guard let stored = try ReadDefinitions.find(name, version: version, tenant: run.tenant, on: connection) else {
            let word = WorkflowName(version.map { "\(name)@\($0)" } ?? name).map(String.init(describing:)) ?? name
            return .fail(TaskError(code: "unknown_workflow", message: "there is no workflow '\(word)'"))
        }
        let plan = try workflows.plans.plan(digest: stored.digest, text: stored.text)
        // Child runs may begin with child runs: a few small definitions could ask for any number of them, all of them now.
        childNodes += plan.nodes.count
        guard childNodes <= workflows.limits.mostChildNodes else {
            return .fail(
                TaskError(
                    code: "too_many_runs",
                    message: "child runs of more than \(workflows.limits.mostChildNodes) nodes would begin at once with '\(name)'"))
        }
        let checked: String
        switch Self.check(params, plan) {
        case .success(let text): checked = text
        case .failure(let problem):
            return .fail(
                TaskError(code: "invalid_params", message: "the parameters for workflow '\(name)' are not what it takes: \(problem.words)"))
        }
        try insertRun(
            NewRun(
                stored: stored, plan: plan, tenant: run.tenant, params: checked, root: run.root, parentRun: run.id, parentTask: turn.id,
                depth: run.depth + 1), id: try connection.allocateID())
        return .begin(1)
    }

    private struct ParamsProblem: Error {
        let words: String
    }

    private static func check(_ params: String, _ plan: WorkflowPlan) -> Result<String, ParamsProblem> {
        do {
            switch plan.definition.checkParams(try JSONDocument(parsing: params, maxDepth: RunValues.deepest).root) {
            case .accepted(let text): return .success(text)
            case .refused(let problems):
                return .failure(ParamsProblem(words: problems.prefix(3).map { "\($0.pointer) \($0.detail)" }.joined(separator: "; ")))
            }
        } catch {
            return .failure(ParamsProblem(words: "\(error)"))
        }
    }

    /// The node of a child run ends as the run did.
    func concludeChild(_ turn: Due) throws -> Step {
        let child = try connection.row(
            """
            SELECT \(fragment: RunRow.columns) FROM workflow_runs AS w WHERE w.parent_task = \(turn.id) ORDER BY w.id DESC LIMIT 1
            """, RunRow.init)
        // What is stored of a run that has ended in this transaction is older than what is at hand.
        guard let child, let ended = runs[child.id] ?? Optional(child) else {
            throw StorageError(.corrupt, "the child run of task \(turn.id) is gone")
        }
        switch ended.state {
        case .succeeded:
            let output = try RunValues.output(of: ended.id, try plan(of: ended), on: connection)
            guard output.utf8.count <= Self.mostListBytes else {
                return .fail(
                    TaskError(code: "output_too_large", message: "the output of run \(ended.id) has more than \(Self.mostListBytes) bytes"))
            }
            return .succeed(output: output)
        case .cancelled: return .cancel
        case .failed: return .fail(TaskError(code: "child_failed", message: "its run \(ended.id) failed"))
        case .timedOut: return .fail(TaskError(code: "child_timed_out", message: "its run \(ended.id) reached its time limit"))
        case .pending, .running: throw StorageError(.corrupt, "run \(ended.id) has not ended")
        }
    }
}

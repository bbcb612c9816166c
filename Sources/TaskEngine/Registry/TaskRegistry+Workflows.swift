extension TaskRegistry {
    /// What definitions are checked against in a process with these task types.
    /// - Parameter hasQueue: whether there is a queue of this name; nil leaves queues unchecked.
    package func workflowRules(
        mostLevels: Int = 100, mostNodes: Int = 10_000, hasQueue: (@Sendable (_ name: String) -> Bool)? = nil
    ) -> WorkflowRules {
        WorkflowRules(
            mostLevels: mostLevels, mostNodes: mostNodes,
            task: { name in
                type(named: name).map {
                    WorkflowRules.KnownTask(
                        secretFields: $0.options.secretFields, submittedThrough: $0.options.submittedThrough, check: $0.inputCheck)
                }
            }, hasQueue: hasQueue)
    }

    /// Compiles a built-in workflow.
    /// - Throws: ``RegistrationError`` with the first thing that is wrong with it.
    package func plan(of workflow: Workflow) throws -> WorkflowPlan {
        switch workflow.parsed(rules: workflowRules()) {
        case .accepted(let plan, _): return plan
        case .refused(let problems): throw RegistrationError(workflow, problems)
        }
    }
}

extension RegistrationError {
    /// A workflow that cannot be registered, with the first thing that is wrong with it.
    init(_ workflow: Workflow, _ problems: [WorkflowProblem]) {
        let sentence = problems.first.map { "\($0.pointer.isEmpty ? "it" : $0.pointer) \($0.detail)" } ?? "it cannot be read"
        self.init("the workflow '\(workflow.name)' cannot be registered: \(sentence)")
    }
}

import Storage

/// Submits the tasks and starts the runs of schedules in the transaction that records their firings.
enum StartScheduled {
    struct Started {
        /// Those that were given, with what they started, or why they did not.
        var plans: [FiringPlan]
        var changes: [TaskChange]
        /// Whether a run was started.
        var hasRuns = false
    }

    static func start(_ plans: [FiringPlan], _ workflows: Workflows, now: Int64, on connection: any Connection) throws -> Started {
        var started = Started(plans: plans, changes: [])
        try submit(&started, now: now, connection)
        try startRuns(&started, workflows, now: now, connection)
        return started
    }

    /// All in one submit: what cannot be submitted is sorted out before, so that it does not stand in the way of the others.
    private static func submit(_ started: inout Started, now: Int64, _ connection: any Connection) throws {
        let wanted = started.plans.indices.compactMap { index in started.plans[index].task.map { (index, $0) } }
        guard !wanted.isEmpty else { return }
        let queues = Set(try connection.rows("SELECT name FROM queues") { $0.text(0) })
        for (index, task) in wanted where !queues.contains(task.queue) { started.plans[index].refuse("there is no queue '\(task.queue)'") }
        let tasks = wanted.filter { queues.contains($0.1.queue) }
        guard !tasks.isEmpty, case .submitted(let submitted) = try Submit.submit(tasks.map(\.1), now: now, on: connection) else { return }
        for ((index, _), id) in zip(tasks, submitted.ids) { started.plans[index].startedTask = id }
        started.changes += submitted.changes
    }

    private static func startRuns(_ started: inout Started, _ workflows: Workflows, now: Int64, _ connection: any Connection) throws {
        for index in started.plans.indices {
            guard let request = started.plans[index].run else { continue }
            switch try StartRun.start(request, tenant: started.plans[index].schedule.tenant, workflows, now: now, on: connection) {
            case .started(let run, let changes):
                started.plans[index].startedRun = run
                started.changes += changes
                started.hasRuns = true
            // Without a key there is none.
            case .existing(let run): started.plans[index].startedRun = run
            case .unknownWorkflow: started.plans[index].refuse("there is no such workflow, or no such version of it")
            case .invalidParams(let problems):
                let first = problems.first.map { "'\($0.pointer)' \($0.detail)" } ?? "they do not fit"
                started.plans[index].refuse("the workflow does not take these parameters: \(first)")
            case .unknownQueue(let queue, let node): started.plans[index].refuse("there is no queue '\(queue)', which node '\(node)' names")
            }
        }
    }
}

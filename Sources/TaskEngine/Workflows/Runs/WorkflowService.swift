package import Storage

/// The front door of workflows, beside ``TaskService``: registers definitions, starts, ends and retries runs, and tells everybody
/// after the commit. Works with or without an engine in the process.
package final class WorkflowService: Sendable {
    /// The front door of tasks, which nodes are.
    package let tasks: TaskService
    private let hub: ChangeHub
    /// The database that is read and written.
    package let database: any Database

    /// Shares what `tasks` knows.
    package init(tasks: TaskService) {
        self.tasks = tasks
        hub = tasks.hub
        database = tasks.database
    }

    /// Plans at hand and limits, for reads that go with this service.
    package var workflows: Workflows { tasks.workflows }

    // MARK: - Definitions

    /// What a registration led to.
    package enum RegisterResult: Sendable {
        /// A new version, or the latest one as it was; with warnings for the client to see.
        case registered(RegisterWorkflow.Result, warnings: [WorkflowProblem])
        /// All that is wrong with the text. Nothing was stored.
        case refused([WorkflowProblem])
    }

    /// Checks a definition against the task types of this process and the queues of the database, and stores it.
    /// - Parameters:
    ///   - text: JSON.
    ///   - tenant: "" makes it everybody's.
    ///   - isDryRun: whether it is only checked; the result then says what would be stored, under the id 0.
    package func register(_ text: String, tenant: String, isDryRun: Bool = false) async throws -> RegisterResult {
        switch WorkflowDefinition.parse(text, rules: try await rules()) {
        case .refused(let problems): return .refused(problems)
        case .accepted(let plan, let warnings):
            let now = tasks.now()
            let result = try await database.write { connection in
                try isDryRun
                    ? RegisterWorkflow.preview(plan.definition, tenant: tenant, now: now, on: connection)
                    : RegisterWorkflow.register(plan.definition, tenant: tenant, now: now, on: connection)
            }
            return .registered(result, warnings: warnings)
        }
    }

    /// Stores the workflows of this program, for everybody: each is a new version when it says something else than the latest.
    /// - Throws: ``RegistrationError`` for the first one that is refused.
    package func registerBuiltIn() async throws {
        for workflow in tasks.registry.workflows {
            guard case .refused(let problems) = try await register(workflow.text, tenant: "") else { continue }
            throw RegistrationError(workflow, problems)
        }
    }

    private func rules() async throws -> WorkflowRules {
        let queues = try await database.read { Set(try $0.rows("SELECT name FROM queues") { $0.text(0) }) }
        return tasks.registry.workflowRules { queues.contains($0) }
    }

    // MARK: - Runs

    /// Starts a run; it is committed when this returns.
    package func start(_ request: StartRun.Request, tenant: String) async throws -> StartRun.Result {
        let (now, workflows) = (tasks.now(), workflows)
        let result = try await database.write { try StartRun.start(request, tenant: tenant, workflows, now: now, on: $0) }
        if case .started(_, let changes) = result { announce(changes) }
        return result
    }

    /// Tells everybody what a caller's own transaction committed of runs.
    package func announce(_ changes: [TaskChange], cancels: [Int64] = []) {
        hub.announce(changes)
        for task in cancels { hub.announceCancel(of: task) }
        hub.announceRuns()
    }

    /// Ends a run and those below it: what does not run is cancelled, what runs is told.
    /// - Parameter reason: for people; nil for none.
    package func kill(run: Int64, tenant: String, reason: String? = nil) async throws -> KillRun.Result {
        let (now, workflows) = (tasks.now(), workflows)
        let result = try await database.write { connection in
            try KillRun.kill(run, tenant: tenant, as: .cancelled, reason: reason, workflows, now: now, on: connection)
        }
        if case .killed(let end) = result { announce(end.changes, cancels: end.cancels) }
        return result
    }

    /// Runs again what did not succeed of a run that has ended; what succeeded keeps its output.
    package func retry(run: Int64, tenant: String) async throws -> RetryRun.Result {
        let (now, workflows) = (tasks.now(), workflows)
        let result = try await database.write { try RetryRun.retry(run, tenant: tenant, workflows, now: now, on: $0) }
        if case .retried(_, let changes) = result { announce(changes) }
        return result
    }

    /// Starts a run of the same version with the same parameters, tags and metadata.
    /// - Returns: nil when the tenant has no such run.
    package func restart(run: Int64, tenant: String) async throws -> StartRun.Result? {
        guard let request = try await database.read({ try ReadRunRequest.of(run, tenant: tenant, on: $0) }) else { return nil }
        return try await start(request, tenant: tenant)
    }

    /// Tells a run that something happened.
    /// - Parameter data: JSON; the output of the nodes that wait for it.
    package func send(_ name: String, data: String, to run: Int64, tenant: String) async throws -> SendEvent.Result {
        let (now, workflows) = (tasks.now(), workflows)
        let result = try await database.write { connection in
            try SendEvent.send(name, data: data, to: run, tenant: tenant, workflows, now: now, on: connection)
        }
        if case .taken(_, let changes) = result { announce(changes) }
        return result
    }
}

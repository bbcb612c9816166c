package import Storage

/// The front door to schedules: writes them and starts what they start, and tells the schedulers after the commit.
package struct ScheduleService: Sendable {
    private let tasks: TaskService

    /// - Parameter tasks: submits what schedules submit; its database is the one that is written.
    package init(tasks: TaskService) {
        self.tasks = tasks
    }

    /// Where schedules are.
    package var database: any Database { tasks.database }

    /// Microseconds since 1970 by the service's clock.
    package func now() -> Int64 { tasks.now() }

    /// What a task target looks like with the defaults of its type filled in, or why it cannot be submitted.
    package func target(_ request: SubmitRequest, tenant: String) -> Result<ScheduleTarget, SubmitRefusal> {
        tasks.resolve([request], tenant: tenant, now: now()).map { .task($0[0]) }
    }

    /// What is wrong with a workflow target: the tenant has no such workflow (nil), or these are wrong with the parameters.
    /// - Throws: ``StorageError`` when the definition cannot be read.
    package func problems(with workflow: ScheduledWorkflow, tenant: String) async throws -> [WorkflowProblem]? {
        let plans = tasks.workflows.plans
        return try await database.read { connection in
            guard let stored = try ReadDefinitions.find(workflow.name, version: workflow.version, tenant: tenant, on: connection) else {
                return nil
            }
            let given = StoredJSON.value(workflow.params)
            switch try plans.plan(digest: stored.digest, text: stored.text).definition.checkParams(given) {
            case .accepted: return []
            case .refused(let problems): return problems
            }
        }
    }

    /// Makes a schedule. It is committed when this returns.
    /// - Parameter key: when the same schedule was made under this key before, the result is that one as it is now.
    /// - Returns: nil when the key was used for another request.
    /// - Throws: ``StorageError`` when nothing could be written.
    package func create(
        _ definition: ScheduleDefinition, tenant: String, once key: IdempotencyKey? = nil
    ) async throws -> WriteSchedule.Result? {
        let now = now()
        let result = try await database.write { connection in
            try IdempotencyKeys.once(
                key, now: now, on: connection,
                effect: { try WriteSchedule.create(definition, tenant: tenant, now: now, on: connection) },
                answer: \.answer,
                replay: { try .init(answer: $0, tenant: tenant, on: connection) })
        }
        if case .written = result { tasks.hub.announceSchedules() }
        return result
    }

    /// Changes a schedule. Committed when this returns.
    /// - Throws: ``StorageError`` when nothing could be written.
    package func change(_ key: ScheduleKey, _ change: ScheduleChange, tenant: String) async throws -> WriteSchedule.Result {
        let now = now()
        let result = try await database.write { try WriteSchedule.change(key, change, tenant: tenant, now: now, on: $0) }
        if case .written = result { tasks.hub.announceSchedules() }
        return result
    }

    /// Deletes a schedule; what it started goes on.
    /// - Returns: false when the tenant has no such schedule.
    /// - Throws: ``StorageError`` when nothing could be written.
    package func delete(_ key: ScheduleKey, tenant: String) async throws -> Bool {
        try await database.write { try WriteSchedule.delete(key, tenant: tenant, on: $0) }
    }

    /// Starts what the schedule starts, now, whether or not it is paused or busy.
    /// - Parameter once: when it was started under this key before, the result is that firing.
    /// - Returns: nil when the key was used for another request.
    /// - Throws: ``StorageError`` when nothing could be written.
    package func run(_ key: ScheduleKey, tenant: String, once idempotencyKey: IdempotencyKey? = nil) async throws -> ScheduleRun? {
        let (now, workflows) = (now(), tasks.workflows)
        let result = try await database.write { connection in
            try IdempotencyKeys.once(
                idempotencyKey, now: now, on: connection,
                effect: { ScheduleRun(try RunSchedule.run(key, tenant: tenant, workflows, now: now, on: connection)) },
                answer: \.answer, replay: { ScheduleRun(answer: $0) })
        }
        if case .started(_, let run, let changes, _) = result {
            tasks.announce(changes)
            if run != nil { tasks.hub.announceRuns() }
        }
        return result
    }
}

import Storage

/// Why a task does not run.
package struct Why: Sendable {
    /// The task's id.
    package let id: Int64
    /// Where it stands.
    package let state: TaskState
    /// Microseconds since 1970; nil while it is unfinished.
    package let finishedAt: Int64?
    /// The error of the last attempt; nil when that succeeded or there was none.
    package let error: TaskError?
    /// The most telling first; never empty.
    package let reasons: [WhyReason]
    /// The moment it was true, microseconds since 1970.
    package let readAt: Int64
}

extension TaskService {
    /// Says why the task does not run, or what it does instead. One read, whose cost does not grow with the backlog.
    /// - Returns: nil when the tenant has no such task.
    /// - Throws: ``StorageError`` when the database cannot be read.
    package func why(_ task: Int64, tenant: String) async throws -> Why? {
        let workflows = workflows
        let found = try await database.read { connection -> (facts: WhyFacts, waits: [WhyReason])? in
            guard let facts = try ReadWhy.facts(of: task, tenant: tenant, on: connection) else { return nil }
            return (facts, try ReadNodeWait.reasons(facts.task, tenant: tenant, workflows, on: connection))
        }
        guard let (facts, waits) = found else { return nil }
        let now = now()
        let limits = settings.limits(
            of: registry.type(named: facts.task.type)?.options, softMilliseconds: facts.task.softMilliseconds,
            timeoutMilliseconds: facts.task.timeoutMilliseconds)
        let judgement = WhyJudgement(facts: facts, now: now, silentAfter: settings.workerDead, limits: limits)
        return Why(
            id: task, state: facts.task.state, finishedAt: facts.task.finishedAt, error: facts.task.error,
            reasons: waits.isEmpty ? judgement.reasons : waits, readAt: now)
    }
}

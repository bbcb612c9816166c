package import Storage

/// The front door: submits and acts on tasks, and tells everybody after the commit. Used by HTTP routes, commands and
/// workloads alike; works with or without an engine in the process.
package final class TaskService: Sendable {
    /// The task types that may be submitted here.
    package let registry: TaskRegistry
    /// Where everything is written.
    package let database: any Database

    let hub: ChangeHub
    let settings: EngineSettings
    private let clock: EngineClock
    let waiting = TaskWaiting()
    /// What transitions of workflow runs need to know of this process.
    package let workflows: Workflows

    /// A front door over `database`; `hub` is the one the process's engine listens to.
    /// - Parameter workflows: the process's, which takes these task types over.
    package init(
        database: any Database, registry: TaskRegistry, settings: EngineSettings, hub: ChangeHub, clock: EngineClock = .system,
        workflows: Workflows = Workflows()
    ) {
        self.database = database
        self.registry = registry
        self.settings = settings
        self.hub = hub
        self.clock = clock
        workflows.adopt(registry, settings)
        self.workflows = workflows
        hub.subscribe { [waiting] in waiting.heard($0) }
    }

    /// What a submit led to.
    package enum SubmitResult: Sendable {
        /// Committed: a task for each request.
        case submitted(Submitted)
        /// Nothing was submitted.
        case refused(SubmitRefusal)
    }

    /// Submits all requests in one transaction, or none. They are committed when this returns.
    /// - Parameter key: when the same requests were submitted under this key before, nothing is inserted and the result is
    ///   that of the first time, with the tasks as they are now; nil always submits.
    /// - Throws: ``StorageError`` when nothing could be written.
    package func submit(_ requests: [SubmitRequest], tenant: String, once key: IdempotencyKey? = nil) async throws -> SubmitResult {
        let now = clock.now()
        return try await submit(resolve(requests, tenant: tenant, now: now), tenant: tenant, now: now, once: key)
    }

    /// Submits what was resolved, or built by the platform itself.
    func submit(
        _ resolved: Result<[NewTask], SubmitRefusal>, tenant: String, now: Int64, once key: IdempotencyKey?
    ) async throws -> SubmitResult {
        // With a key what cannot be submitted any more (it would have expired) may have been submitted before.
        if key == nil, case .failure(let refusal) = resolved { return .refused(refusal) }
        let result = try await database.write { connection in
            try IdempotencyKeys.once(
                key, now: now, on: connection, effect: { try Self.submit(resolved, now: now, connection) }, answer: \.answer,
                replay: { .submitted(try Submitted(answer: $0, tenant: tenant, on: connection)) })
        }
        if case .submitted(let submitted) = result { hub.announce(submitted.changes) }
        return result ?? .refused(.keyReused)
    }

    /// Inserts tasks inside a transaction that writes other things as well; ``announce(_:)`` the changes after its commit.
    /// - Throws: ``SubmitRefusal``.
    package func submit(_ requests: [SubmitRequest], tenant: String, now: Int64, on connection: any Connection) throws -> Submitted {
        switch try Self.submit(resolve(requests, tenant: tenant, now: now), now: now, connection) {
        case .submitted(let submitted): return submitted
        case .refused(let refusal): throw refusal
        }
    }

    private static func submit(
        _ tasks: Result<[NewTask], SubmitRefusal>, now: Int64, _ connection: any Connection
    ) throws -> SubmitResult {
        switch tasks {
        case .failure(let refusal): return .refused(refusal)
        case .success(let tasks):
            switch try Submit.submit(tasks, now: now, on: connection) {
            case .submitted(let submitted): return .submitted(submitted)
            case .unknownQueue(let index, let queue): return .refused(.unknownQueue(queue, index: index))
            }
        }
    }

    /// Tells engines and listeners what a caller's own transaction committed.
    package func announce(_ changes: [TaskChange]) {
        hub.announce(changes)
    }

    /// Microseconds since 1970 by the service's clock.
    package func now() -> Int64 { clock.now() }

    /// Cancels a task; running work is told at once.
    package func cancel(task: Int64, tenant: String) async throws -> Cancel.Result {
        let now = clock.now()
        let workflows = workflows
        let result = try await database.write { try Cancel.cancel(task: task, tenant: tenant, workflows, now: now, on: $0) }
        switch result {
        case .cancelled(let change, let further): hub.announce([change] + further)
        case .requested(let change, _, let further, let cancels):
            hub.announce([change] + further)
            for running in [task] + cancels { hub.announceCancel(of: running) }
        case .finished, .unknown: break
        }
        return result
    }

    /// Brings a failed, cancelled or skipped task back.
    package func redrive(task: Int64, tenant: String) async throws -> Redrive.Result {
        let now = clock.now()
        let result = try await database.write { try Redrive.redrive(task: task, tenant: tenant, now: now, on: $0) }
        if case .queued(let change) = result { hub.announce([change]) }
        return result
    }

    /// Pauses or resumes a queue on every process: running tasks go on, nothing new is claimed.
    /// - Returns: false when there is no such queue.
    package func setPaused(queue: String, _ isPaused: Bool) async throws -> Bool {
        let now = clock.now()
        let exists = try await database.write { try QueueSetup.setPaused(queue: queue, isPaused, now: now, on: $0) }
        if exists, !isPaused { hub.announceReady() }
        return exists
    }
}

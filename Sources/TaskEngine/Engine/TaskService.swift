package import Storage

/// A submit as a client phrases it: nil means the task type's default.
package struct SubmitRequest: Sendable {
    /// Name or alias.
    package var type: String
    /// JSON text, the client's own bytes.
    package var input: String
    /// Nil: the type's queue. An unknown one is refused.
    package var queue: String?
    /// 0 highest … 9. Default 5.
    package var priority: Int?
    /// Microseconds since 1970.
    package var runAt: Int64?
    /// From now; `runAt` wins.
    package var delayMilliseconds: Int64?
    /// Retries after the first attempt. Nil: the type's, else the process's.
    package var maxRetries: Int?
    /// Hard limit.
    package var timeoutMilliseconds: Int64?
    /// Soft limit; nil follows from the hard one.
    package var softMilliseconds: Int64?
    /// JSON array of strings.
    package var tags: String?
    /// JSON object.
    package var metadata: String?

    package init(
        type: String, input: String = "{}", queue: String? = nil, priority: Int? = nil, runAt: Int64? = nil,
        delayMilliseconds: Int64? = nil,
        maxRetries: Int? = nil, timeoutMilliseconds: Int64? = nil, softMilliseconds: Int64? = nil, tags: String? = nil,
        metadata: String? = nil
    ) {
        self.type = type
        self.input = input
        self.queue = queue
        self.priority = priority
        self.runAt = runAt
        self.delayMilliseconds = delayMilliseconds
        self.maxRetries = maxRetries
        self.timeoutMilliseconds = timeoutMilliseconds
        self.softMilliseconds = softMilliseconds
        self.tags = tags
        self.metadata = metadata
    }
}

/// Why nothing was submitted.
package struct SubmitRefusal: Error, Sendable, Equatable {
    /// Position of the request at fault.
    package let index: Int
    /// `type` or `queue`.
    package let field: String
    /// For people: what is wrong and what would be right.
    package let message: String
}

/// The front door: submits and acts on tasks, and tells everybody after the commit. Used by HTTP routes, commands and
/// workloads alike; works with or without an engine in the process.
package final class TaskService: Sendable {
    /// The task types that may be submitted here.
    package let registry: TaskRegistry
    /// Where everything is written.
    package let database: any Database

    private let hub: ChangeHub
    private let settings: EngineSettings
    private let clock: EngineClock

    /// A front door over `database`; `hub` is the one the process's engine listens to.
    package init(database: any Database, registry: TaskRegistry, settings: EngineSettings, hub: ChangeHub, clock: EngineClock = .system) {
        self.database = database
        self.registry = registry
        self.settings = settings
        self.hub = hub
        self.clock = clock
    }

    /// What a submit led to.
    package enum SubmitResult: Sendable {
        /// One change per request, in order, each with the new task's id and state.
        case submitted([TaskChange])
        /// Nothing was submitted.
        case refused(SubmitRefusal)
    }

    /// Submits all requests in one transaction, or none. They are committed when this returns.
    /// - Throws: ``StorageError`` when nothing could be written.
    package func submit(_ requests: [SubmitRequest], tenant: String) async throws -> SubmitResult {
        let now = clock.now()
        let tasks: [NewTask]
        do {
            tasks = try resolve(requests, tenant: tenant, now: now)
        } catch let refusal as SubmitRefusal {
            return .refused(refusal)
        }
        switch try await database.write({ try Submit.submit(tasks, now: now, on: $0) }) {
        case .submitted(_, let changes):
            hub.announce(changes)
            return .submitted(changes)
        case .unknownQueue(let index, let queue):
            return .refused(Self.unknownQueue(index, queue))
        }
    }

    /// Inserts tasks inside a transaction that writes other things as well; ``announce(_:)`` the changes after its commit.
    /// - Throws: ``SubmitRefusal``.
    package func submit(
        _ requests: [SubmitRequest], tenant: String, now: Int64, on connection: any Connection
    ) throws -> [TaskChange] {
        switch try Submit.submit(try resolve(requests, tenant: tenant, now: now), now: now, on: connection) {
        case .submitted(_, let changes): return changes
        case .unknownQueue(let index, let queue): throw Self.unknownQueue(index, queue)
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
        let result = try await database.write { try Cancel.cancel(task: task, tenant: tenant, now: now, on: $0) }
        switch result {
        case .cancelled(let change): hub.announce([change])
        case .requested(let change, _):
            hub.announce([change])
            hub.announceCancel(of: task)
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

    private static func unknownQueue(_ index: Int, _ queue: String) -> SubmitRefusal {
        SubmitRefusal(index: index, field: "queue", message: "there is no queue '\(queue)'; GET /v1/queues lists them")
    }

    private func resolve(_ requests: [SubmitRequest], tenant: String, now: Int64) throws -> [NewTask] {
        try requests.enumerated().map { index, request in
            guard let type = registry.type(named: request.type) else {
                throw SubmitRefusal(index: index, field: "type", message: "no process knows the task type '\(request.type)'")
            }
            return NewTask(
                tenant: tenant, type: type.name, queue: request.queue ?? type.options.queue, priority: request.priority ?? 5,
                input: request.input, runAt: request.runAt ?? request.delayMilliseconds.map { now + $0 * 1000 },
                maxRetries: request.maxRetries ?? type.options.retry?.maxRetries ?? settings.retry.maxRetries,
                softMilliseconds: request.softMilliseconds, timeoutMilliseconds: request.timeoutMilliseconds, tags: request.tags,
                metadata: request.metadata)
        }
    }
}

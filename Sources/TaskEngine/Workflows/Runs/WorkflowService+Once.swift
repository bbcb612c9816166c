import Storage

extension WorkflowService {
    /// What a start led to that may be sent again under a key.
    package enum StartOnce: Sendable {
        /// As without a key.
        case first(StartRun.Result)
        /// The same request was sent before and started this run.
        case replay(run: Int64)
        /// The key was used for another request.
        case keyReused
    }

    /// Starts a run; it is committed when this returns.
    /// - Parameter key: the same request again under this key starts nothing more; nil always starts.
    package func start(_ request: StartRun.Request, tenant: String, once key: IdempotencyKey?) async throws -> StartOnce {
        let (now, workflows) = (tasks.now(), workflows)
        let result = try await database.write { connection in
            try IdempotencyKeys.once(
                key, now: now, on: connection,
                effect: { .first(try StartRun.start(request, tenant: tenant, workflows, now: now, on: connection)) }, answer: \.answer,
                replay: { StartOnce.replay(run: Int64($0) ?? 0) })
        }
        if case .first(.started(_, let changes)) = result { announce(changes) }
        return result ?? .keyReused
    }
}

extension WorkflowService.StartOnce {
    /// The run's id; nil when there is none.
    fileprivate var answer: String? {
        switch self {
        case .first(.started(let run, _)), .first(.existing(let run)), .replay(let run): String(run)
        case .first(.unknownWorkflow), .first(.invalidParams), .first(.unknownQueue), .keyReused: nil
        }
    }
}

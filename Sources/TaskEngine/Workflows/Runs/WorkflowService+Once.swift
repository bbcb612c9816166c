import JSONText
import Storage

extension WorkflowService {
    /// What a start led to that may be sent again under a key.
    package enum StartOnce: Sendable {
        /// As without a key.
        case first(StartRun.Result)
        /// The same request was sent before, and was answered with this run: one that it had started, or that was there already.
        case replay(run: Int64, isNew: Bool)
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
                replay: StartOnce.init(answer:))
        }
        if case .first(.started(_, let changes)) = result { announce(changes) }
        return result ?? .keyReused
    }

    /// What an event led to that may be sent again under a key.
    package enum SendOnce: Sendable {
        /// As without a key.
        case first(SendEvent.Result)
        /// The same event was sent before and let so many nodes go on.
        case replay(nodes: Int)
        /// The key was used for another request.
        case keyReused
    }

    /// Tells a run that something happened; it is committed when this returns.
    /// - Parameters:
    ///   - data: JSON; the output of the nodes that wait for it.
    ///   - key: the same event again under this key tells the run nothing more, so that it cannot be taken for the next one that a node
    ///     waits for; nil always tells.
    package func send(
        _ name: String, data: String, to run: Int64, tenant: String, once key: IdempotencyKey?
    ) async throws -> SendOnce {
        let (now, workflows) = (tasks.now(), workflows)
        let result = try await database.write { connection in
            try IdempotencyKeys.once(
                key, now: now, on: connection,
                effect: { .first(try SendEvent.send(name, data: data, to: run, tenant: tenant, workflows, now: now, on: connection)) },
                answer: \.answer, replay: { SendOnce.replay(nodes: Int($0) ?? 0) })
        }
        if case .first(.taken(_, let changes)) = result { announce(changes) }
        return result ?? .keyReused
    }
}

extension WorkflowService.SendOnce {
    /// How many nodes went on; nil when the event was not taken.
    fileprivate var answer: String? {
        switch self {
        case .first(.taken(let nodes, _)), .replay(let nodes): String(nodes)
        case .first(.kept): "0"
        case .first(.finished), .first(.tooMany), .first(.unknown), .keyReused: nil
        }
    }
}

extension WorkflowService.StartOnce {
    /// What is kept of it: the run's id and whether it was new. Nil when there is none.
    fileprivate var answer: String? {
        switch self {
        case .first(.started(let run, _)), .replay(let run, true): #"{"run":\#(run),"existing":false}"#
        case .first(.existing(let run)), .replay(let run, false): #"{"run":\#(run),"existing":true}"#
        case .first(.unknownWorkflow), .first(.invalidParams), .first(.unknownQueue), .keyReused: nil
        }
    }

    /// - Throws: ``StorageError/Code/corrupt`` for what ``answer`` never says.
    fileprivate init(answer: String) throws {
        guard let root = try? JSONDocument(parsing: answer).root, let run = root["run"]?.int64, let existing = root["existing"]?.bool else {
            throw StorageError(.corrupt, "the answer to a start that was kept cannot be read")
        }
        self = .replay(run: run, isNew: !existing)
    }
}

import JSONText
import Logging

/// Runs claimed tasks: one Swift task per attempt on the handlers' own threads, from claim to outcome.
///
/// Called by the claim loop after its transaction was committed. Guarantees exactly one outcome per attempt: the handler's,
/// or the time limit's, or none when the lease was lost (the database has settled it already).
struct Runner: Sendable {
    let registry: TaskRegistry
    /// Runs types with `isolation: .process`; nil in a process that cannot.
    let isolator: (any TaskIsolator)?
    let running: RunningTasks
    let completer: Completer
    let threads: HandlerThreads
    let journal: TaskJournal
    let settings: EngineSettings
    let clock: EngineClock
    let metrics: TaskMetrics
    let logger: Logger
    /// Raised when a handler starts: the time limits look again.
    let started: Signal
    /// Called when a given-up handler ended: its task, which was passed over meanwhile, may be claimed here again.
    let lingeringEnded: @Sendable () -> Void
    /// Whether follow-ups of a type can be submitted. Made once: each context takes it along.
    let isKnownType: @Sendable (String) -> Bool
    let inputs: NodeInputs
    /// Artifacts and secrets.
    let helper: TaskContext.Helper

    /// Starts every claimed task. Returns at once.
    func start(_ claimed: [(task: ClaimedTask, pool: String)]) {
        guard !claimed.isEmpty else { return }
        let instant = clock.monotonic()
        let entries = claimed.map { entry(for: $0.task, pool: $0.pool, at: instant) }
        running.insert(entries)
        started.raise()
        for entry in entries {
            entry.attach(Task(executorPreference: threads) { await run(entry) })
        }
    }

    private func entry(for task: ClaimedTask, pool: String, at instant: ContinuousClock.Instant) -> RunningTask {
        let options = registry.type(named: task.type)?.options
        let limits = settings.limits(
            of: options, softMilliseconds: task.softMilliseconds,
            timeoutMilliseconds: task.timeoutMilliseconds)
        return RunningTask(
            task: task, pool: pool, softDeadline: instant + limits.soft, hardDeadline: instant + limits.hard,
            isIsolated: options?.isolation.limits != nil)
    }

    // MARK: - On a handler thread

    private func run(_ entry: RunningTask) async {
        metrics.started(entry.task)
        let outcome = await outcome(of: entry)
        switch running.ended(entry) {
        case .counts:
            completer.append(entry, outcome)
        case .wasGivenUp(let isAbandoned):
            if isAbandoned { threads.regainThread() }
            lingeringEnded()
            logger.notice("a handler that had been given up ended", metadata: ["task": "\(entry.task.id)", "type": "\(entry.task.type)"])
        }
    }

    private func outcome(of entry: RunningTask) async -> TaskOutcome {
        let task = entry.task
        guard let type = registry.type(named: task.type) else {
            return .failed(TaskError(code: "unknown_type", message: "no handler for '\(task.type)' in this process"))
        }
        let context = TaskContext(
            task, deadline: entry.softDeadline, journal: journal, helper: helper, logger: logger, isKnownType: isKnownType)
        let outcome = await outcome(of: entry, type, context)
        await context.closeArtifacts()
        return context.hiding(outcome)
    }

    private func outcome(of entry: RunningTask, _ type: TaskType, _ context: TaskContext) async -> TaskOutcome {
        do {
            let output = try await output(of: entry, type, context)
            if let error = outputError(output, entry.task) { return .failed(error) }
            guard let collected = context.collected else { return .succeeded(output: output) }
            return .succeeded(output: output, effects: collected.effects(now: clock.now()), followUps: collected.followUps)
        } catch {
            return outcome(of: error, stopReason: entry.stopReason)
        }
    }

    private func output(of entry: RunningTask, _ type: TaskType, _ context: TaskContext) async throws -> String? {
        if let node = entry.task.node, let list = try await inputs.list(of: entry.task) {
            return try await ListOutput.store(list, node, context.artifacts, inputs.database)
        }
        return try await run(type, try await input(of: entry.task, type, context), entry, context)
    }

    /// The task with its input, secrets filled in.
    private func input(of task: ClaimedTask, _ type: TaskType, _ context: TaskContext) async throws -> ClaimedTask {
        let isFilled = task.node != nil && task.node?.element == nil
        var task = try await inputs.filled(task, opening: { try await context.openSecrets($0) })
        let fields = type.options.secretFields
        guard !isFilled, !fields.isEmpty, SecretInput.mayRefer(task.input) else { return task }
        let names = SecretInput.names(in: task.input, fields: fields)
        guard !names.isEmpty else { return task }
        let values = try await context.openSecrets(names)
        task.input = SecretInput.filled(task.input, fields: fields, values)
        return task
    }

    /// An output of a node goes into the inputs of others, again and again.
    private func outputError(_ output: String?, _ task: ClaimedTask) -> TaskError? {
        guard task.node != nil, let output, !output.isEmpty else { return nil }
        let (count, most) = (output.utf8.count, inputs.workflows.limits.mostOutputBytes)
        guard count <= most else {
            return TaskError(
                code: "output_too_large",
                message: "its output has \(count) bytes, a node's has at most \(most): store it as an artifact and return its name")
        }
        do {
            _ = try JSONDocument(parsing: output, maxDepth: RunValues.deepestOutput)
            return nil
        } catch {
            return TaskError(code: "invalid_output", message: "its output is not JSON that other nodes can read: \(error)")
        }
    }

    /// - Parameter task: the entry's, with its input.
    private func run(_ type: TaskType, _ task: ClaimedTask, _ entry: RunningTask, _ context: TaskContext) async throws -> String? {
        guard let limits = type.options.isolation.limits else {
            return try await registry.run(type, input: task.input, context: context)
        }
        guard let isolator else {
            throw TaskError(code: "isolation_unavailable", message: "this process starts no children")
        }
        let attempt = IsolatedAttempt(
            task: task, limits: limits, softDeadline: entry.softDeadline, hardDeadline: entry.hardDeadline,
            stopReason: { entry.stopReason }, timeIsUp: { entry.stop(.softLimit) })
        return try await isolator.run(attempt, context: context)
    }

    /// Why the handler was stopped decides, not what it threw; without a stop the error does.
    private func outcome(of error: any Error, stopReason: StopReason?) -> TaskOutcome {
        switch stopReason {
        case .cancelled: return .cancelled
        case .softLimit: return .timedOut(TaskError(code: "timed_out", message: "the handler was stopped at its time limit"))
        case .interrupted, .leaseLost: return .interrupted
        case nil: break
        }
        switch error {
        case TaskFailure.permanent(let error): return .failed(error)
        case TaskFailure.retry(let error, let after): return .retry(error, after: after)
        case TaskFailure.snooze(let delay): return .snoozed(until: clock.now() + delay.wholeMicroseconds)
        case let error as TaskError: return .retry(error)
        default: return .retry(TaskError(code: "handler_error", message: String(describing: error)))
        }
    }
}

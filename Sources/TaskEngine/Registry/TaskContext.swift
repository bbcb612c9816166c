import JSONText
public import Logging
import Synchronization

/// What a handler knows about its attempt, and its way to report back. Valid while the handler runs.
public final class TaskContext: Sendable {
    /// The task's id.
    public let id: Int64
    /// The task's owner.
    public let tenant: String
    /// Name of the task type, never an alias.
    public let type: String
    /// The queue it came from.
    public let queue: String
    /// From 1.
    public let attempt: Int
    /// Retries after the first attempt.
    public let maxRetries: Int
    /// When it became ready, microseconds since 1970.
    package let queuedAt: Int64
    /// When the handler will be cancelled (soft limit).
    public let deadline: ContinuousClock.Instant

    /// The fence of this attempt.
    let claim: Int64
    let worker: Int64
    /// The workflow run that the task is a node of.
    let run: Int64?
    let helper: Helper
    /// Made with the first logger or secret.
    let madeMask = Mutex<SecretMask?>(nil)
    /// Made with the first request.
    let madeArtifacts = Mutex<AttemptArtifacts?>(nil)
    /// Nil where nothing is kept: in a child process, which passes it on, and in a test of a handler.
    private let journal: TaskJournal?
    /// Takes progress where there is no journal.
    private let passProgress: (@Sendable (Double?, String?) -> Void)?
    private let baseLogger: Logger
    private let isKnownType: @Sendable (String) -> Bool
    private let state = Mutex(Collected())
    /// Made with the first logger.
    private let madeBudget = Mutex<LogBudget?>(nil)

    /// What is to be committed together with the success, in the order of the calls.
    struct Collected: Sendable {
        var writes: [@Sendable (TaskTransaction) throws -> Void] = []
        var followUps: [SubmitRequest] = []
        /// Whether there was any progress: the last of it is committed with the success.
        var hasProgress = false
        /// Taken from the journal when the handler has returned.
        var progress: TaskJournal.Progress?
    }

    /// Who answers what the handler asks about artifacts and secrets.
    enum Helper: Sendable {
        /// This process, as far as it has them.
        case stores(HandlerStores)
        /// In a child process its parent; in a test of a handler a memory.
        case other(HandlerCall)
    }

    init(
        _ task: ClaimedTask, deadline: ContinuousClock.Instant, journal: TaskJournal?, helper: Helper = .stores(.none),
        logger: Logger,
        progress: (@Sendable (Double?, String?) -> Void)? = nil, isKnownType: @escaping @Sendable (String) -> Bool
    ) {
        id = task.id
        tenant = task.tenant
        type = task.type
        queue = task.queue
        attempt = task.attempt
        maxRetries = task.maxRetries
        queuedAt = task.readyAt
        claim = task.claim
        worker = task.worker
        run = task.node?.run
        self.helper = helper
        self.deadline = deadline
        self.journal = journal
        passProgress = progress
        self.isKnownType = isKnownType
        baseLogger = logger
    }

    /// A logger whose lines are stored with the task (info and above, `GET /tasks/{id}/logs`) and go to the process's log.
    public var logger: Logger {
        guard let journal else { return baseLogger }
        let (budget, mask) = (logBudget, mask)
        var logger = Logger(
            label: baseLogger.label,
            factory: { _ in
                TaskLogHandler(
                    task: self.id, run: self.run, attempt: self.attempt, journal: journal, budget: budget, mask: mask,
                    inner: self.baseLogger)
            })
        // Stored lines do not depend on what the process's own log shows.
        logger.logLevel = min(baseLogger.logLevel, .info)
        return logger
    }

    /// One for all loggers of the attempt.
    private var logBudget: LogBudget {
        madeBudget.withLock { made in
            let budget = made ?? LogBudget(isFirstClaim: claim == 1)
            made = budget
            return budget
        }
    }

    /// Reports how far the work is. Cheap to call often: at most one write a second and task reaches the database, and the last
    /// report of an attempt that succeeds is committed with its success.
    /// - Parameters:
    ///   - fraction: 0 … 1, nil when unknown.
    ///   - message: for people, cut at 8,000 bytes; nil keeps none.
    public func progress(_ fraction: Double?, message: String? = nil) {
        let fraction = fraction.map { min(max($0, 0), 1) }
        if let passProgress { return passProgress(fraction, message) }
        guard let journal else { return }
        state.withLock { $0.hasProgress = true }
        journal.progress(
            task: id, claim: claim, fraction: fraction,
            message: message.map { hiding($0).shortened(toBytes: TaskLogHandler.longestMessage) })
    }

    /// Commits `writes` together with this task's success: all or none.
    ///
    /// The closure runs after the handler has returned, inside the transaction that records the success, and may run more than
    /// once: it touches nothing but its transaction. It does not run if the handler throws after all or somebody else has taken the
    /// task over meanwhile. Several closures run in the order of the calls. A closure that throws undoes the success: the
    /// attempt fails with its error (``TaskFailure`` and ``TaskError`` mean what they mean in a handler).
    public func complete(_ writes: @escaping @Sendable (TaskTransaction) throws -> Void) {
        state.withLock { $0.writes.append(writes) }
    }

    /// Submits a task of the same tenant together with this task's success: both are committed or neither is, so that
    /// a chain of tasks has no gap and no link twice, wherever a process dies. Nothing is submitted if the handler throws.
    /// - Parameter options: what differs from the type's defaults; delays count from this task's success.
    /// - Throws: ``TaskFailure/permanent(_:)`` with `unknown_type` when the type is not registered, `invalid_input` when the
    ///   parameters do not encode or are larger than 256 KiB, `invalid_follow_up` when the options make no sense. A queue that does not exist fails the task when it is completed.
    public func submit<Parameters: TaskParameters>(_ parameters: Parameters, options: SubmitOptions = .init()) throws {
        guard isKnownType(Parameters.taskName) else {
            throw TaskFailure.permanent(code: "unknown_type", "the follow-up's task type '\(Parameters.taskName)' is not registered")
        }
        let request = try options.request(type: Parameters.taskName, input: TaskCoding.encodeInput(parameters))
        state.withLock { $0.followUps.append(request) }
    }

    /// Takes the follow-ups that the handler submitted in a child process.
    /// - Throws: ``TaskFailure/permanent(_:)`` with `unknown_type`.
    func add(_ followUps: [SubmitRequest]) throws {
        for followUp in followUps where !isKnownType(followUp.type) {
            throw TaskFailure.permanent(code: "unknown_type", "the follow-up's task type '\(followUp.type)' is not registered")
        }
        state.withLock { $0.followUps += followUps }
    }

    /// - Throws: `CancellationError` when the attempt is to end: cancelled, over its soft limit, or shutting down.
    public func checkCancellation() throws {
        try Task.checkCancellation()
    }

    /// What is to be committed with the success: what ``complete(_:)`` and ``submit(_:options:)`` collected, and the last
    /// progress; nil when there is nothing. Called once, when the handler has returned.
    var collected: Collected? {
        var collected = state.withLock { $0 }
        if collected.hasProgress { collected.progress = journal?.takeProgress(of: id, claim: claim) }
        return collected.writes.isEmpty && collected.followUps.isEmpty && collected.progress == nil ? nil : collected
    }
}

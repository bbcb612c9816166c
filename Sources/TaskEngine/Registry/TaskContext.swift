package import Logging
package import Storage
import Synchronization

/// What a handler knows about its attempt, and its way to report back. Valid while the handler runs.
package final class TaskContext: Sendable {
    /// The task's id.
    package let id: Int64
    /// The task's owner.
    package let tenant: String
    /// Name of the task type, never an alias.
    package let type: String
    /// The queue it came from.
    package let queue: String
    /// From 1.
    package let attempt: Int
    /// Retries after the first attempt.
    package let maxRetries: Int
    /// When it became ready, microseconds since 1970.
    package let queuedAt: Int64
    /// When the handler will be cancelled (soft limit).
    package let deadline: ContinuousClock.Instant

    private let claim: Int64
    private let journal: TaskJournal
    private let baseLogger: Logger
    private let state = Mutex(State())

    private struct State {
        var effects: [@Sendable (any Connection) throws -> Void] = []
    }

    init(_ task: ClaimedTask, deadline: ContinuousClock.Instant, journal: TaskJournal, logger: Logger) {
        id = task.id
        tenant = task.tenant
        type = task.type
        queue = task.queue
        attempt = task.attempt
        maxRetries = task.maxRetries
        queuedAt = task.readyAt
        claim = task.claim
        self.deadline = deadline
        self.journal = journal
        baseLogger = logger
    }

    /// A logger whose lines are stored with the task (info and above, `GET /tasks/{id}/logs`) and go to the process's log.
    package var logger: Logger {
        var logger = Logger(
            label: baseLogger.label,
            factory: { _ in
                TaskLogHandler(task: self.id, attempt: self.attempt, journal: self.journal, inner: self.baseLogger)
            })
        // Stored lines do not depend on what the process's own log shows.
        logger.logLevel = min(baseLogger.logLevel, .info)
        return logger
    }

    /// Reports how far the work is. Cheap to call often: at most one write a second and task reaches the database.
    /// - Parameters:
    ///   - fraction: 0 … 1, nil when unknown.
    ///   - message: for people, nil keeps none.
    package func progress(_ fraction: Double?, message: String? = nil) {
        journal.progress(task: id, claim: claim, fraction: fraction.map { min(max($0, 0), 1) }, message: message)
    }

    /// Commits `effects` together with this task's success: all or none. Nothing happens if the handler throws after all
    /// or the fence refuses the success. May be called more than once; the closures run in order.
    package func complete(_ effects: @escaping @Sendable (any Connection) throws -> Void) {
        state.withLock { $0.effects.append(effects) }
    }

    /// - Throws: `CancellationError` when the attempt is to end: cancelled, over its soft limit, or shutting down.
    package func checkCancellation() throws {
        try Task.checkCancellation()
    }

    /// What ``complete(_:)`` collected, as one closure; nil when nothing was.
    var effects: (@Sendable (any Connection) throws -> Void)? {
        let effects = state.withLock { $0.effects }
        guard !effects.isEmpty else { return nil }
        return { connection in for effect in effects { try effect(connection) } }
    }
}

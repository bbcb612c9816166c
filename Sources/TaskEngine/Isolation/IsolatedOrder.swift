/// What a child is told about an attempt.
package struct IsolatedOrder: Sendable, Codable {
    /// Tells the attempts of one child apart; rises with each.
    package let serial: Int
    /// Of the task.
    package let id: Int64
    /// Its owner.
    package let tenant: String
    /// Name of its type.
    package let type: String
    /// The queue it came from.
    package let queue: String
    /// 0 highest … 9.
    package let priority: Int
    /// From 1.
    package let attempt: Int
    /// Retries after the first attempt.
    package let maxRetries: Int
    /// When it became ready, microseconds since 1970.
    package let readyAt: Int64
    /// Until the soft limit.
    package let millisecondsLeft: Int64
    /// JSON text.
    package let input: String
    /// Types whose follow-ups may be submitted.
    package let knownTypes: [String]
    /// Lines below this need not be sent.
    package let logLevel: String

    package init(_ attempt: IsolatedAttempt, serial: Int, knownTypes: [String], logLevel: String, now: ContinuousClock.Instant) {
        let task = attempt.task
        self.serial = serial
        id = task.id
        tenant = task.tenant
        type = task.type
        queue = task.queue
        priority = task.priority
        self.attempt = task.attempt
        maxRetries = task.maxRetries
        readyAt = task.readyAt
        millisecondsLeft = Int64(max(now.duration(to: attempt.softDeadline), .zero) / .milliseconds(1))
        input = task.input
        self.knownTypes = knownTypes
        self.logLevel = logLevel
    }

    /// The task as a context in the child shows it. It holds no claim: the child writes nothing.
    var task: ClaimedTask {
        ClaimedTask(
            id: id, tenant: tenant, type: type, queue: queue, priority: priority, claim: 1, attempt: attempt, attemptBase: 0,
            maxRetries: maxRetries, softMilliseconds: nil, timeoutMilliseconds: nil, readyAt: readyAt, createdAt: 0, startedAt: 0,
            version: 1, worker: 0, input: input, expiresAt: nil)
    }
}

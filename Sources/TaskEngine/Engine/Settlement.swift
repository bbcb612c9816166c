/// What the database is told about one ended attempt.
enum Settlement: Sendable {
    case success(Complete.Success)
    case ending(EndAttempts.Ending)

    /// The one place that says what follows from each outcome.
    /// - Parameters:
    ///   - strategy: the task type's, for the delay; the number of retries is the task's own.
    ///   - random: uniform in 0 ..< 1.
    init(_ task: ClaimedTask, _ outcome: TaskOutcome, strategy: RetryStrategy, now: Int64, random: Double) {
        switch outcome {
        case .succeeded(let output, let effects, let followUps):
            self = .success(.init(task: task, output: output, effects: effects, followUps: followUps))
        case .retry(let error, let after):
            self = .failure(task, error, .failed, after: after, strategy, now, random)
        case .timedOut(let error):
            self = .failure(task, error, .timedOut, after: nil, strategy, now, random)
        case .failed(let error):
            self = .ending(.init(task: task, next: .fail, outcome: .failed, error: error))
        case .cancelled:
            self = .ending(.init(task: task, next: .cancel, outcome: .cancelled, error: nil))
        case .snoozed(let until):
            self = .ending(.init(task: task, next: .release(at: until), outcome: nil, error: nil))
        case .interrupted:
            self = .ending(.init(task: task, next: .release(at: now), outcome: .interrupted, error: nil))
        }
    }

    private static func failure(
        _ task: ClaimedTask, _ error: TaskError, _ outcome: AttemptOutcome, after: Duration?, _ strategy: RetryStrategy, _ now: Int64,
        _ random: Double
    ) -> Settlement {
        guard task.hasRetriesLeft else { return .ending(.init(task: task, next: .fail, outcome: outcome, error: error)) }
        let retry = task.attempt - task.attemptBase
        let delay = after ?? strategy.delay(beforeRetry: retry, random: random)
        return .ending(.init(task: task, next: .retry(at: now + delay.wholeMicroseconds), outcome: outcome, error: error))
    }
}

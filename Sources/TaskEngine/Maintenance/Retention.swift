/// How long what has ended is kept. Nil keeps it for ever. Times count from the end of the task.
package struct Retention: Sendable, Equatable {
    /// What handlers returned. The task itself stays and says that its result has expired. Default 24 h.
    package var results: Duration?
    /// Tasks that succeeded, with all that is theirs. Default 24 h.
    package var succeeded: Duration?
    /// Tasks that were cancelled or skipped. Default 24 h.
    package var cancelled: Duration?
    /// Tasks that failed: the time in which they can be redriven. Default 14 days.
    package var failed: Duration?
    /// Workflow runs with their nodes and all that is theirs, from the end of the run. Default 30 days.
    package var runs: Duration?

    /// The product's defaults unless given.
    package init(
        results: Duration? = .seconds(86_400), succeeded: Duration? = .seconds(86_400), cancelled: Duration? = .seconds(86_400),
        failed: Duration? = .seconds(14 * 86_400), runs: Duration? = .seconds(30 * 86_400)
    ) {
        self.runs = runs
        self.results = results
        self.succeeded = succeeded
        self.cancelled = cancelled
        self.failed = failed
    }

    /// The tasks that leave first; nil when none ever does.
    var shortest: Duration? { [succeeded, cancelled, failed].compactMap(\.self).min() }

    /// After this no task that has ended is left; nil when some are kept for ever.
    var longest: Duration? {
        guard let succeeded, let cancelled, let failed else { return nil }
        return max(succeeded, cancelled, failed)
    }

    /// Whether results expire before the tasks they belong to: otherwise they leave together.
    var resultsExpireFirst: Bool {
        guard let results else { return false }
        return succeeded.map { results < $0 } ?? true
    }
}

extension Duration {
    /// What lies before `now` (microseconds since 1970) by more than this.
    func before(_ now: Int64) -> Int64 { now - wholeMicroseconds }
}

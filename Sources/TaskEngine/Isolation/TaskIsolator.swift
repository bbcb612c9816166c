/// Runs attempts of task types that say `isolation: .process` outside of this process. `Executors` has the one that starts
/// children; tests have others.
package protocol TaskIsolator: Sendable {
    /// Ends what earlier processes on this machine left running. Called before the tasks of a dead process are given back, at
    /// start and whenever one is found, so that no task runs twice at the same time here.
    func endOrphans() async

    /// Runs one attempt to its end. Called on a thread that it may block.
    ///
    /// Returns soon after the attempt's hard limit whatever the handler does, and nothing that the handler started runs then.
    /// - Parameter context: where lines, progress and follow-ups of the attempt go.
    /// - Returns: the output as JSON, nil for none.
    /// - Throws: what the handler threw, as ``TaskFailure`` or ``TaskError``; a ``TaskError`` for the end of the process.
    func run(_ attempt: IsolatedAttempt, context: TaskContext) async throws -> String?
}

/// One attempt as a ``TaskIsolator`` gets it.
package struct IsolatedAttempt: Sendable {
    /// The claimed task.
    package let task: ClaimedTask
    /// What its child may take.
    package let limits: ChildLimits
    /// When the handler is cancelled.
    package let softDeadline: ContinuousClock.Instant
    /// When it is killed.
    package let hardDeadline: ContinuousClock.Instant
    /// Why it was asked to end; nil while it was not.
    package let stopReason: @Sendable () -> StopReason?
    /// To be called before an attempt is killed for its time limit, so that it ends as timed out.
    package let timeIsUp: @Sendable () -> Void

    package init(
        task: ClaimedTask, limits: ChildLimits, softDeadline: ContinuousClock.Instant, hardDeadline: ContinuousClock.Instant,
        stopReason: @escaping @Sendable () -> StopReason?, timeIsUp: @escaping @Sendable () -> Void
    ) {
        self.task = task
        self.limits = limits
        self.softDeadline = softDeadline
        self.hardDeadline = hardDeadline
        self.stopReason = stopReason
        self.timeIsUp = timeIsUp
    }
}

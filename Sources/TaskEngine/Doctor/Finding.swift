/// Something in the database that must not be, seen twice.
package struct Finding: Sendable, Hashable {
    /// What is broken. The raw values are part of the answers of `doctor` and never change.
    package enum Code: String, Sendable, CaseIterable {
        /// An unfinished task names a queue that does not exist: nobody claims it.
        case unknownQueue = "unknown_queue"
        /// A waiting task has no parents whose end would set it free.
        case waitingWithoutParents = "waiting_without_parents"
        /// A scheduled task's time is long over while workers live: the promotion does not reach it.
        case overdue
        /// A running task belongs to a worker that has ended, while others live: the rescue does not reach it.
        case workerGone = "worker_gone"
        /// Two unfinished tasks have one unique key, or an unfinished task does not hold the key that it has.
        case uniqueKeyBroken = "unique_key_broken"
        /// Numbers of a task contradict each other: claims, attempts, losses, retries or times.
        case countersDisagree = "counters_disagree"
        /// The history holds two successes of one task, or a claim that the task has not reached.
        case historyDisagrees = "history_disagrees"
        /// A task ended in a way that its history must tell, and it does not.
        case historyMissing = "history_missing"
        /// A payload, result, attempt, log line or progress belongs to no task.
        case orphan
    }

    /// What is broken.
    package let code: Code
    /// The task concerned; for an orphan the task that is gone.
    package let task: Int64
    /// One sentence for people.
    package let detail: String
    /// A statement that would mend it, for an operator to judge. Nothing runs it.
    package let repair: String

    /// A finding about one task.
    package init(_ code: Code, task: Int64, _ detail: String, repair: String) {
        self.code = code
        self.task = task
        self.detail = detail
        self.repair = repair
    }
}

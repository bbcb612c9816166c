/// Something in the database that must not be, seen twice.
package struct Finding: Sendable, Hashable {
    /// What is broken. The raw values are part of the answers of `doctor` and never change.
    package enum Code: String, Sendable, CaseIterable {
        /// An unfinished task names a queue that does not exist: nobody claims it.
        case unknownQueue = "unknown_queue"
        /// A waiting task has no parents whose end would set it free.
        case waitingWithoutParents = "waiting_without_parents"
        /// The time at which a task was to be queued, or to expire, is long over while workers live: nobody sees to it.
        case overdue
        /// A workflow run counts other nodes than it has, or has ended otherwise than they have.
        case runDisagrees = "run_disagrees"
        /// A running task belongs to a worker that has ended, while others live: the rescue does not reach it.
        case workerGone = "worker_gone"
        /// A worker has been silent for long and counts as living, while others live: nobody declares it dead.
        case workerSilent = "worker_silent"
        /// A task that waits was asked to end: it should have ended in that moment.
        case cancelForgotten = "cancel_forgotten"
        /// Two unfinished tasks have one unique key, an unfinished task does not hold the key that it has, or a key is held by a
        /// task that has another one.
        case uniqueKeyBroken = "unique_key_broken"
        /// Numbers of a task contradict each other: claims, attempts, losses, retries, versions or times.
        case countersDisagree = "counters_disagree"
        /// The history holds two successes of one task, a claim that the task has not reached, or another number of losses.
        case historyDisagrees = "history_disagrees"
        /// A task ended in a way that its history must tell, and it does not.
        case historyMissing = "history_missing"
        /// A result belongs to a task that has not succeeded, or progress to a claim that was never made.
        case resultDisagrees = "result_disagrees"
        /// What lists find a task by is not what its tags and metadata say.
        case labelsDisagree = "labels_disagree"
        /// A payload, result, attempt, log line, progress, label, key, pause, firing or artifact belongs to nothing.
        case orphan
        /// A queue counts other pauses of tenants than there are: claims would look for too many or pass over them.
        case pausesDisagree = "pauses_disagree"
        /// A request is marked as carried out without what it led to.
        case requestUnanswered = "request_unanswered"
        /// Ids have been given out that are to be given out again.
        case idsBehind = "ids_behind"
        /// A stored file counts other references than there are, or an artifact has no file.
        case referencesDisagree = "references_disagree"
        /// A schedule is not paused and never due, or waits for a turn that does not come.
        case scheduleStuck = "schedule_stuck"
        /// A schedule fired, and what it submitted is not there although it cannot have been deleted.
        case firingWithoutTask = "firing_without_task"
        /// The numbers that are shown of a result are not those of its rows.
        case countsDisagree = "counts_disagree"
    }

    /// What is broken.
    package let code: Code
    /// The task concerned, for an orphan the task that is gone; nil when it is about something else.
    package let task: Int64?
    /// What is concerned: `task 12`, `queue default`. With the code it tells findings apart.
    package let subject: String
    /// One sentence for people.
    package let detail: String
    /// A statement that would mend it, for an operator to judge. Nothing runs it.
    package let repair: String

    /// A finding about one task.
    package init(_ code: Code, task: Int64, _ detail: String, repair: String) {
        self.init(code, task: task, subject: "task \(task)", detail, repair: repair)
    }

    /// A finding about something else.
    package init(_ code: Code, subject: String, _ detail: String, repair: String) {
        self.init(code, task: nil, subject: subject, detail, repair: repair)
    }

    private init(_ code: Code, task: Int64?, subject: String, _ detail: String, repair: String) {
        self.code = code
        self.task = task
        self.subject = subject
        self.detail = detail
        self.repair = repair
    }

    /// Whether both are about the same, whatever the details are by now.
    func isAbout(_ other: Finding) -> Bool { code == other.code && subject == other.subject }
}

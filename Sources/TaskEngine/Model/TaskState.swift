/// The states of a task. docs/state-machine.md draws them; the CHECK constraint on `tasks.state` holds the same names.
package enum TaskState: String, Sendable, CaseIterable {
    /// Parents are unfinished.
    case waiting
    /// Its time lies ahead: submitted with a delay, or backing off after a failed attempt.
    case scheduled
    /// Ready; the next free slot takes it.
    case queued
    /// Claimed by a worker.
    case running
    case succeeded
    /// Retries used up, or a permanent failure: the dead letter. Redrive brings it back.
    case failed
    case cancelled
    /// A parent failed, so it never ran.
    case skipped

    /// Left only by redrive.
    package var isTerminal: Bool {
        switch self {
        case .waiting, .scheduled, .queued, .running: false
        case .succeeded, .failed, .cancelled, .skipped: true
        }
    }
}

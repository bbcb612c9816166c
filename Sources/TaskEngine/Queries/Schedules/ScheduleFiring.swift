/// What came of a due time.
package struct ScheduleFiring: Sendable, Equatable {
    /// What was done.
    package enum Outcome: String, Sendable, CaseIterable {
        /// A task was submitted or a run started.
        case fired
        /// It waits for what was started before to end.
        case waiting
        /// Nothing was started; ``ScheduleFiring/reason`` says why.
        case skipped
    }

    /// Counts the schedule's firings, from 1.
    package let number: Int64
    /// Microseconds since 1970. Of one that was asked for by hand: when that was.
    package let dueAt: Int64
    /// When it was fired or skipped, or began to wait, microseconds since 1970.
    package let decidedAt: Int64
    /// What was done.
    package let outcome: Outcome
    /// Why it was skipped; nil for the others.
    package let reason: ScheduleSkip?
    /// More about the reason, for people.
    package let detail: String?
    /// Whether somebody asked for it.
    package let isManual: Bool
    /// The task; it may have been deleted since it ended.
    package let task: Int64?
    /// The run; it may have been deleted since it ended.
    package let run: Int64?
}

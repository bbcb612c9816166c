/// A schedule and where it stands.
package struct ScheduleDetail: Sendable {
    /// The schedule's id.
    package let id: Int64
    /// Its owner.
    package let tenant: String
    /// Unique within the tenant.
    package let name: String
    /// When it is due; a failure when the expression or the zone that is stored cannot be read by this process.
    package let timing: Result<ScheduleTiming, UnreadableSchedule>
    /// What it starts.
    package let target: ScheduleTarget
    /// What it does while the last one is unfinished.
    package let overlap: ScheduleOverlap
    /// What it does about due times that nobody saw.
    package let catchUp: ScheduleCatchUp
    /// Whether it starts nothing.
    package let isPaused: Bool
    /// Microseconds since 1970; nil while it is paused.
    package let nextAt: Int64?
    /// The due time that waits for what was started last to end; nil when none does.
    package let waitingAt: Int64?
    /// The last due time that was dealt with; nil before the first.
    package let lastAt: Int64?
    /// The task that it started last; nil when that was a run, or nothing yet.
    package let lastTask: Int64?
    /// The run that it started last; nil when that was a task, or nothing yet.
    package let lastRun: Int64?
    /// Microseconds since 1970.
    package let createdAt: Int64
    /// When somebody last changed it, microseconds since 1970.
    package let updatedAt: Int64
    /// Rises with every change of the row.
    package let version: Int64
    /// How many firings it ever had.
    let firings: Int64

    /// Nil when it cannot be read.
    var readableTiming: ScheduleTiming? {
        switch timing {
        case .success(let timing): timing
        case .failure: nil
        }
    }

    /// The next due times, at most `count`; none while it is paused.
    package func nextTimes(_ count: Int) -> [Int64] {
        guard let nextAt, let timing = readableTiming else { return [] }
        return [nextAt] + timing.next(count - 1, after: nextAt)
    }
}

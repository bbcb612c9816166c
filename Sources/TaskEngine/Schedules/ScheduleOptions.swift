/// What happens at a due time while what was started before is unfinished.
package enum ScheduleOverlap: String, Sendable, CaseIterable {
    /// The due time passes.
    case skip
    /// One due time waits until the other has ended; further ones pass.
    case queueOne = "queue_one"
    /// Another one is started beside it.
    case allow
}

/// What happens to due times that passed while no process was there to fire them.
package enum ScheduleCatchUp: String, Sendable, CaseIterable {
    /// They are gone.
    case none
    /// The latest of them fires, once.
    case latest
}

/// Why nothing was started at a due time. The raw values are part of the API.
package enum ScheduleSkip: String, Sendable, CaseIterable {
    /// What was started before was unfinished, and the schedule says not to start another.
    case overlap
    /// No process was there. Stands for all due times up to the next one that is listed.
    case missed
    /// It waited for its turn when the schedule was paused.
    case paused
    /// It could not be submitted or started; the detail says why.
    case refused
}

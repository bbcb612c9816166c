/// A schedule as somebody wrote it.
package struct ScheduleDefinition: Sendable {
    /// Longest name in characters.
    package static let longestName = 100

    /// Unique within the tenant, and no number: paths take names and ids.
    package let name: String
    /// When it is due.
    package var timing: ScheduleTiming
    /// What it starts then.
    package var target: ScheduleTarget
    /// What it does while the last one is unfinished. Default: skips.
    package var overlap: ScheduleOverlap
    /// What it does about due times that nobody saw. Default: the latest fires.
    package var catchUp: ScheduleCatchUp
    /// Whether it starts nothing. Default: no.
    package var isPaused: Bool

    package init(
        name: String, timing: ScheduleTiming, target: ScheduleTarget, overlap: ScheduleOverlap = .skip, catchUp: ScheduleCatchUp = .latest,
        isPaused: Bool = false
    ) {
        self.name = name
        self.timing = timing
        self.target = target
        self.overlap = overlap
        self.catchUp = catchUp
        self.isPaused = isPaused
    }
}

/// What is to change of a schedule; nil leaves a thing as it is.
package struct ScheduleChange: Sendable {
    /// New due times; they are counted from the change on.
    package var timing: ScheduleTiming?
    /// Another task or workflow.
    package var target: ScheduleTarget?
    /// Another rule for overlaps.
    package var overlap: ScheduleOverlap?
    /// Another rule for what was missed.
    package var catchUp: ScheduleCatchUp?
    /// Paused or resumed. What passed while it was paused is not caught up.
    package var isPaused: Bool?

    package init(
        timing: ScheduleTiming? = nil, target: ScheduleTarget? = nil, overlap: ScheduleOverlap? = nil, catchUp: ScheduleCatchUp? = nil,
        isPaused: Bool? = nil
    ) {
        self.timing = timing
        self.target = target
        self.overlap = overlap
        self.catchUp = catchUp
        self.isPaused = isPaused
    }
}

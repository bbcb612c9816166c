/// Who goes next when the engine's writes and others (bulk writes, checkpoints) wait for the one writer. Pure.
///
/// Neither starves: while another waits, at most ``mostGroups`` groups of the engine's go before it, and after each other
/// the engine's go first.
package struct WriteTurns {
    /// Groups of the engine's that may go before another that waits: a task's claim follows on its submit at once, and would
    /// otherwise wait for a whole piece of somebody's bulk.
    package static let mostGroups = 2

    /// What the writer does.
    package enum Turn: Equatable, Sendable {
        /// All engine writes that wait, as one group.
        case engine
        /// One bulk write, or a checkpoint.
        case other
        /// The engine's last group was just committed: what follows on it may come any moment, and goes first.
        case pause
    }

    /// Groups that went before the other that waits.
    private var groups = 0

    package init() {}

    /// Decides; at least one of the first two is true.
    /// - Parameter hasPaused: whether the last answer was ``Turn/pause``, and the pause is over.
    package mutating func next(hasEngine: Bool, hasOther: Bool, hasPaused: Bool) -> Turn {
        if hasEngine, !hasOther || groups < Self.mostGroups {
            groups = hasOther ? groups + 1 : 0
            return .engine
        }
        if !hasEngine, !hasPaused, groups > 0, groups < Self.mostGroups { return .pause }
        groups = 0
        return .other
    }
}

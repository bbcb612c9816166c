import TaskEngine

/// A process as the simulation sees it: what it holds in memory, which may be out of date.
struct SimulatedWorker: Sendable {
    static let slots = 3

    /// The worker's id; nil before it has registered, and after it learned that its id is dead.
    var id: Int64?
    /// Handlers that run.
    var running: [ClaimedTask] = []
    /// Handlers that have ended, not written yet.
    var ended: [Ended] = []
    /// Steps that it sleeps through, like a machine that swaps or a stopped virtual machine.
    var paused = 0
    var isDraining = false
    /// Counters of others as it saw them.
    var observer = LivenessObserver(deadAfter: .seconds(20))

    enum Ended: Sendable {
        case success(Complete.Success)
        case ending(EndAttempts.Ending)

        var task: ClaimedTask {
            switch self {
            case .success(let success): success.task
            case .ending(let ending): ending.task
            }
        }
    }

    /// Slots once what has ended is written.
    var freeSlots: Int { isDraining ? 0 : Self.slots - running.count }

    /// It learned that its id is dead: handlers are cancelled and their outcomes dropped.
    mutating func loseLease() {
        id = nil
        running = []
        ended = []
        isDraining = false
    }
}

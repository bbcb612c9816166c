import Synchronization

/// All handlers at work in this process, by task. Free slots are derived from it, so they cannot leak.
///
/// A task leaves the table when its ending is taken for the next transaction, or when it is given up: its handler goes on,
/// ``lingering``, and whatever it returns is ignored.
final class RunningTasks: Sendable {
    private struct State {
        var running: [Int64: RunningTask] = [:]
        var perPool: [String: Int] = [:]
        /// Handlers that were given up and have not ended; true for those that outlived their hard limit.
        var lingering: [ObjectIdentifier: (entry: RunningTask, isAbandoned: Bool)] = [:]
    }

    private let state = Mutex(State())
    /// Raised when the last handler has ended or was given up.
    let emptied = Signal()

    var count: Int { state.withLock { $0.running.count } }
    var all: [RunningTask] { state.withLock { Array($0.running.values) } }
    /// Ids of tasks whose given-up handler still runs here: not to be claimed by this process.
    var lingeringTasks: [Int64] { state.withLock { $0.lingering.values.map(\.entry.task.id) } }
    /// Handlers past their hard limit.
    var abandonedCount: Int { state.withLock { $0.lingering.values.count(where: \.isAbandoned) } }
    var countsByPool: [String: Int] { state.withLock { $0.perPool } }

    func insert(_ entries: [RunningTask]) {
        state.withLock { state in
            for entry in entries {
                state.running[entry.task.id] = entry
                state.perPool[entry.pool, default: 0] += 1
            }
        }
    }

    func running(_ task: Int64) -> RunningTask? {
        state.withLock { $0.running[task] }
    }

    /// Takes entries out whose endings are about to be written.
    func remove(_ entries: [RunningTask]) {
        let isEmpty = state.withLock { state in
            for entry in entries { Self.remove(entry, from: &state) }
            return state.running.isEmpty
        }
        if isEmpty { emptied.raise() }
    }

    /// Gives a handler up while it goes on: frees its slot. False when it has ended meanwhile.
    func giveUp(_ entry: RunningTask, isAbandoned: Bool) -> Bool {
        let (wasRunning, isEmpty) = state.withLock { state in
            guard Self.remove(entry, from: &state) else { return (false, false) }
            state.lingering[ObjectIdentifier(entry)] = (entry, isAbandoned)
            return (true, state.running.isEmpty)
        }
        if isEmpty { emptied.raise() }
        return wasRunning
    }

    /// What a handler's end means.
    enum End { case counts, wasGivenUp(isAbandoned: Bool) }

    /// The handler returned or threw.
    func ended(_ entry: RunningTask) -> End {
        state.withLock { state in
            guard let lingering = state.lingering.removeValue(forKey: ObjectIdentifier(entry)) else { return .counts }
            return .wasGivenUp(isAbandoned: lingering.isAbandoned)
        }
    }

    @discardableResult
    private static func remove(_ entry: RunningTask, from state: inout State) -> Bool {
        guard let found = state.running[entry.task.id], found === entry else { return false }
        state.running[entry.task.id] = nil
        state.perPool[entry.pool, default: 1] -= 1
        return true
    }
}

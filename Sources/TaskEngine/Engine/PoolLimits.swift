import Synchronization

/// How many tasks of each pool this process runs at once: what it was started with, unless an operator has set another limit.
///
/// Only the claim loop adopts a change, between two transactions. So a limit that was adopted is never exceeded by a claim
/// that went by an older one, and work that runs when a limit is lowered only ends by itself.
final class PoolLimits: Sendable {
    private struct State {
        var wanted: [String: Int]
        var adopted: [String: Int]
    }

    /// What the process was started with; its keys are the pools it serves.
    let configured: [String: Int]
    private let state: Mutex<State>
    /// Raised when a change was adopted.
    private let wasAdopted: Signal

    init(configured: [String: Int], wasAdopted: Signal) {
        self.configured = configured
        self.wasAdopted = wasAdopted
        state = Mutex(State(wanted: configured, adopted: configured))
    }

    /// What claims go by.
    var adopted: [String: Int] { state.withLock { $0.adopted } }

    /// Takes what was set, by pool; pools that this process does not serve are passed over.
    /// - Returns: the limits to be adopted; nil when they are adopted already.
    func want(_ overrides: [String: Int]) -> [String: Int]? {
        let wanted = Dictionary(uniqueKeysWithValues: configured.map { ($0.key, overrides[$0.key] ?? $0.value) })
        return state.withLock { state in
            state.wanted = wanted
            return state.adopted == wanted ? nil : wanted
        }
    }

    /// Goes by what is wanted from here on. For the claim loop, which is the only one to claim, and before it runs.
    func adopt() -> [String: Int] {
        let (limits, isChange) = state.withLock { state in
            let isChange = state.adopted != state.wanted
            state.adopted = state.wanted
            return (state.adopted, isChange)
        }
        if isChange { wasAdopted.raise() }
        return limits
    }
}

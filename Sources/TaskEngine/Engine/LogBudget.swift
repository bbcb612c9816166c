import Synchronization

/// How much one attempt may still add to the log of its task, which is kept whole in the database and read by people.
///
/// Filled by the journal alone, in the order of the lines; handlers only ask whether it is used up, to stop making lines.
final class LogBudget: Sendable {
    /// Bytes of all lines of a task, over all its attempts.
    static let mostBytes = 8 << 20
    /// What a line costs beside its text.
    static let bytesPerLine = 64

    /// What becomes of a line.
    enum Verdict: Equatable {
        case keep
        /// It and all that follow are dropped; the place is marked with a line that says so.
        case cut
        case drop
    }

    private struct State {
        var used = 0
        var isUsedUp = false
        var knowsHistory: Bool
    }

    private let state: Mutex<State>

    /// - Parameter isFirstClaim: whether the task has no lines yet; else ``add(history:)`` says how many.
    init(isFirstClaim: Bool) {
        state = Mutex(State(knowsHistory: isFirstClaim))
    }

    /// Whether further lines would be dropped.
    var isUsedUp: Bool { state.withLock { $0.isUsedUp } }
    /// Whether the lines of earlier attempts are still to be counted.
    var lacksHistory: Bool { state.withLock { !$0.knowsHistory } }

    /// Counts what earlier attempts left.
    func add(history bytes: Int) {
        state.withLock { state in
            guard !state.knowsHistory else { return }
            state.knowsHistory = true
            state.used += bytes
        }
    }

    /// What a line takes of the budget.
    static func cost(of line: String) -> Int { line.utf8.count + bytesPerLine }

    /// Takes a line into account.
    func take(_ line: String) -> Verdict {
        state.withLock { state in
            guard !state.isUsedUp else { return .drop }
            let cost = Self.cost(of: line)
            guard state.used + cost <= Self.mostBytes else {
                state.isUsedUp = true
                return .cut
            }
            state.used += cost
            return .keep
        }
    }
}

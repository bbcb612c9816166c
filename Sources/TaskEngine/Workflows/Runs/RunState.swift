import Storage

/// The states of a workflow run. The CHECK constraint on `workflow_runs.state` holds the same names.
package enum RunState: String, Sendable, CaseIterable {
    /// None of its nodes has begun.
    case pending
    case running
    case succeeded
    /// A node failed whose failure counts.
    case failed
    /// Somebody ended it.
    case cancelled
    /// It reached its time limit.
    case timedOut = "timed_out"

    /// Left only by a retry.
    package var isTerminal: Bool {
        switch self {
        case .pending, .running: false
        case .succeeded, .failed, .cancelled, .timedOut: true
        }
    }

    /// - Throws: ``StorageError/Code/corrupt`` for a word that the CHECK constraint does not allow either.
    init(stored word: String) throws {
        guard let state = RunState(rawValue: word) else { throw StorageError(.corrupt, "unknown run state '\(word)'") }
        self = state
    }
}

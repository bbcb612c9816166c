import Synchronization
import TestSupport

/// What the clients of one database know, over all processes that served it: what was acknowledged, and what became of it
/// by the way.
///
/// Whoever asks for something that may be carried out although the answer is lost writes it down before asking.
final class Ledger: Sendable {
    /// What a task comes to if nobody cancels it.
    enum Fate: Sendable {
        case succeeds
        case fails
    }

    /// An acknowledged upload.
    struct Upload: Sendable {
        let run: Int64
        let task: Int64
        let stanzas: Int64
    }

    private struct Entry {
        var fate: Fate
        /// Somebody was told that the task was made for him.
        var isOwned: Bool
        var cancelAsked = false
        var wasCancelled = false
        var retryAsked = false
        var wasSeenSucceeded = false
    }

    private struct State {
        var entries: [Int64: Entry] = [:]
        var ids: [Int64] = []
        var failing: [Int64] = []
        var uploads: [Upload] = []
    }

    private let state = Mutex(State())

    /// Ids of acknowledged tasks.
    var tasks: Set<Int64> { state.withLock { Set($0.entries.keys) } }
    var count: Int { state.withLock { $0.entries.count } }
    var uploads: [Upload] { state.withLock { $0.uploads } }
    /// Tasks that somebody asked to be redriven.
    var redriven: Set<Int64> { state.withLock { Set($0.entries.filter { $0.value.retryAsked }.keys) } }

    /// - Parameter isNew: the task was made by this submit; else it is another's, found by its unique key.
    /// - Returns: false when a new task got an id that another new one has.
    func acknowledge(_ task: Int64, _ fate: Fate, isNew: Bool = true) -> Bool {
        state.withLock { state in
            if let known = state.entries[task] {
                state.entries[task]?.isOwned = known.isOwned || isNew
                return !(known.isOwned && isNew)
            }
            state.entries[task] = Entry(fate: fate, isOwned: isNew)
            state.ids.append(task)
            if fate == .fails { state.failing.append(task) }
            return true
        }
    }

    func acknowledge(_ upload: Upload) {
        state.withLock { $0.uploads.append(upload) }
    }

    func cancelled(_ task: Int64) {
        state.withLock { $0.entries[task]?.wasCancelled = true }
    }

    func seenSucceeded(_ task: Int64) {
        state.withLock { $0.entries[task]?.wasSeenSucceeded = true }
    }

    /// Whether somebody has asked for it to be cancelled.
    func mayBeCancelled(_ task: Int64) -> Bool {
        state.withLock { $0.entries[task]?.cancelAsked ?? false }
    }

    /// One of the tasks acknowledged last; nil when there is none.
    func recentTask(_ random: inout SeededRandom) -> Int64? {
        state.withLock { $0.ids.suffix(100).randomElement(using: &random) }
    }

    /// A recent task that from now on counts as possibly cancelled.
    func taskToCancel(_ random: inout SeededRandom) -> Int64? {
        state.withLock { state in
            guard let task = state.ids.suffix(100).randomElement(using: &random), state.entries[task]?.retryAsked == false else {
                return nil
            }
            state.entries[task]?.cancelAsked = true
            return task
        }
    }

    /// Up to `count` tasks that fail and from now on count as possibly redriven.
    func tasksToRetry(_ count: Int, _ random: inout SeededRandom) -> [Int64] {
        state.withLock { state in
            let candidates = state.failing.suffix(100).filter { state.entries[$0]?.cancelAsked == false }
            let tasks = Array(candidates.shuffled(using: &random).prefix(count))
            for task in tasks { state.entries[task]?.retryAsked = true }
            return tasks
        }
    }

    /// What is wrong with a database whose tasks have all ended.
    /// - Parameter ends: every task there is.
    func problems(_ ends: [Int64: TaskEnd]) -> [String] {
        state.withLock { state in
            state.entries.compactMap { task, entry in
                guard let end = ends[task] else { return "task \(task) was acknowledged and is not there" }
                return Self.isPossible(end, entry) ? nil : "task \(task) is \(end.state) (\(entry))"
            }
        }
    }

    /// Tasks that had ended and stand otherwise now, although nobody asked for them to be redriven.
    func changes(since before: [Int64: TaskEnd], _ after: [Int64: TaskEnd]) -> [String] {
        let redriven = redriven
        return before.compactMap { task, end in
            guard end.finishedAt != nil, !redriven.contains(task), after[task] != end else { return nil }
            return "task \(task): \(end), then \(String(describing: after[task]))"
        }
    }

    private static func isPossible(_ end: TaskEnd, _ entry: Entry) -> Bool {
        if entry.wasCancelled { return end.state == "cancelled" }
        if entry.wasSeenSucceeded { return end.state == "succeeded" }
        if entry.cancelAsked, end.state == "cancelled" { return true }
        // Its worker was killed under it three times.
        if end.lost >= 3, end.state == "failed" { return true }
        return end.state == (entry.fate == .succeeds ? "succeeded" : "failed")
    }
}

/// How a task ended, in the words of the database.
struct TaskEnd: Sendable, Equatable {
    let state: String
    let lost: Int64
    /// The claim under which it ended: another one means that it ran again.
    let claim: Int64
    let finishedAt: Int64?
}

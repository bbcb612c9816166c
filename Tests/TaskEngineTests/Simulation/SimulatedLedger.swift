import TaskEngine
import TestSupport

/// What the world outside knows: every task that was acknowledged and every change that was announced. The database must agree
/// with it after each step.
struct SimulatedLedger: Sendable {
    struct Entry: Sendable {
        var tenant: String
        var state: TaskState
        var version: Int64
        /// The workflow run that it is a node of.
        var run: Int64?
        /// The claim that may end it; nil while nobody runs it.
        var holder: Holder?
        var successes = 0
        /// Pruned: known, and not stored any more.
        var isGone = false
    }

    /// What a request was answered that may be sent again.
    struct Answered: Sendable {
        var ids: [Int64]
        var at: Int64
    }

    struct Holder: Sendable, Equatable {
        var worker: Int64
        var claim: Int64
    }

    private(set) var entries: [Int64: Entry] = [:]
    /// Ids in the order of submission, so that picking one is the same in every run.
    private(set) var ids: [Int64] = []
    /// By the request's key.
    var answered: [String: Answered] = [:]

    mutating func submitted(_ changes: [TaskChange]) throws {
        for change in changes {
            guard entries[change.id] == nil else { throw Broken("the id \(change.id) was given twice") }
            entries[change.id] = Entry(tenant: change.tenant, state: change.state, version: change.version, run: change.node?.run)
            ids.append(change.id)
        }
    }

    mutating func claimed(_ tasks: [ClaimedTask]) throws {
        for task in tasks {
            guard let entry = entries[task.id] else { throw Broken("task \(task.id) was claimed, and nobody submitted it") }
            guard entry.state == .queued else { throw Broken("task \(task.id) was claimed while it was \(entry.state)") }
            guard task.version == entry.version + 1 else { throw Broken("claim of task \(task.id) left the version at \(task.version)") }
            entries[task.id]?.state = .running
            entries[task.id]?.version = task.version
            entries[task.id]?.holder = Holder(worker: task.worker, claim: task.claim)
        }
    }

    /// Outcomes that a worker wrote: accepted exactly if the worker still held the claim.
    mutating func settled(_ ended: [SimulatedWorker.Ended], _ answered: [TaskChange]) throws {
        let current = ended.filter { entries[$0.task.id]?.holder == Holder(worker: $0.task.worker, claim: $0.task.claim) }
        // A node that nobody runs any more may be moved on by what another one's end meant for its run.
        let settled = ended.filter { $0.task.node == nil || entries[$0.task.id]?.state == .running }.map(\.task.id)
        let (accepted, expected) = (Set(answered.map(\.id)).intersection(settled), Set(current.map(\.task.id)))
        guard accepted.isSubset(of: expected) else { throw Broken("stale answers were accepted: tasks \(accepted.subtracting(expected))") }
        guard expected.isSubset(of: accepted) else { throw Broken("current answers were refused: tasks \(expected.subtracting(accepted))") }
        for case .success(let success) in current {
            entries[success.task.id]?.successes += 1
            if let entry = entries[success.task.id], entry.successes > 1 { throw Broken("task \(success.task.id) has succeeded twice") }
        }
        // Follow-ups come with the successes that asked for them; one that has a taken key is not announced.
        try changed(answered, by: "a worker's answer", mayAdd: true)
    }

    /// Announced changes that no worker asked for.
    /// - Parameters:
    ///   - mayAdd: whether new tasks may be among them, which what the transition ended has brought about.
    ///   - mostVersions: how many versions of a task may be told by the last.
    mutating func changed(
        _ changes: [TaskChange], by transition: String, mayRevive: Bool = false, mayAdd: Bool = false, mostVersions: Int64 = 1
    ) throws {
        for change in changes {
            if mayAdd, entries[change.id] == nil {
                try submitted([change])
                continue
            }
            guard let entry = entries[change.id] else { throw Broken("\(transition) changed task \(change.id), which nobody submitted") }
            guard (1...mostVersions).contains(change.version - entry.version) else {
                throw Broken("\(transition) took task \(change.id) from version \(entry.version) to \(change.version)")
            }
            guard mayRevive || !entry.state.isTerminal || change.state == entry.state else {
                throw Broken("\(transition) took task \(change.id) from \(entry.state) to \(change.state)")
            }
            guard !mayRevive || entry.state != .succeeded else {
                throw Broken("\(transition) brought back task \(change.id), which had succeeded")
            }
            entries[change.id]?.state = change.state
            entries[change.id]?.version = change.version
            if change.state != .running { entries[change.id]?.holder = nil }
        }
    }

    /// Tasks that were deleted for their age.
    mutating func pruned(_ tasks: [Int64]) throws {
        for id in tasks {
            guard let entry = entries[id], entry.state.isTerminal else {
                throw Broken("task \(id) was pruned and is \(entries[id]?.state as Any)")
            }
            entries[id]?.isGone = true
        }
    }

    /// Tasks that must be stored.
    var kept: Int { entries.values.count { !$0.isGone } }
    var unfinished: [Int64] { ids.filter { entries[$0]?.state.isTerminal == false } }
}

/// An invariant does not hold.
struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

import Foundation

/// The lanes in front of the one SQLite writer. Callers append from any thread, the writer thread takes groups.
///
/// `@unchecked Sendable`: every stored property is read and written under `condition`'s lock.
final class WriteQueue: @unchecked Sendable {
    /// Closures that share one transaction at most: more would make the first of them wait for the last.
    static let largestGroup = 128
    /// A ``WriteTurns/Turn/pause``, in seconds: what it takes to hear of a commit and ask for the next.
    static let patience = 0.000_3

    private let condition = NSCondition()
    private var engine: [any PendingWrite] = []
    private var bulk: [(write: any PendingWrite, isStaging: Bool)] = []
    private var checkpoint: CheckpointPlan.WriterStep?
    private var holdsBulk = false
    private var isClosed = false
    private var turns = WriteTurns()

    /// What the writer thread does next.
    enum Work {
        /// One transaction for these; never empty.
        case group([any PendingWrite])
        /// One transaction that need not wait for the disk.
        case staging(any PendingWrite)
        /// A checkpoint, between transactions.
        case checkpoint(CheckpointPlan.WriterStep)
    }

    /// Appends a write; false when the queue is closed (the write is the caller's to fail).
    func append(_ write: any PendingWrite, lane: WriteLane) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isClosed else { return false }
        switch lane {
        case .engine: engine.append(write)
        case .bulk: bulk.append((write, false))
        case .staging: bulk.append((write, true))
        }
        condition.signal()
        return true
    }

    /// Asks the writer for one checkpoint; asking again before it was made is asking once, for the last.
    func request(_ step: CheckpointPlan.WriterStep) {
        condition.lock()
        checkpoint = step
        condition.signal()
        condition.unlock()
    }

    /// Keeps bulk writes waiting while true; none of them is lost, and a closed queue hands them out all the same.
    func holdBulk(_ holds: Bool) {
        condition.lock()
        holdsBulk = holds
        condition.signal()
        condition.unlock()
    }

    /// Waits for work and takes the next: engine writes together or one bulk write by itself, as ``WriteTurns`` says. In one
    /// transaction with a bulk write the engine's, which have waited for the one before, would wait a second time for their
    /// commit. Nil when the queue was closed and everything taken.
    func next() -> Work? {
        condition.lock()
        defer { condition.unlock() }
        while engine.isEmpty, !hasOther {
            if isClosed { return nil }
            condition.wait()
        }
        var hasPaused = isClosed
        while true {
            switch turns.next(hasEngine: !engine.isEmpty, hasOther: hasOther, hasPaused: hasPaused) {
            case .engine: return takeGroup()
            case .other: return takeOther()
            case .pause:
                let end = Date(timeIntervalSinceNow: Self.patience)
                while engine.isEmpty, condition.wait(until: end) {}
                hasPaused = true
            }
        }
    }

    private var hasBulk: Bool { !bulk.isEmpty && (!holdsBulk || isClosed) }
    private var hasOther: Bool { hasBulk || checkpoint != nil }

    private func takeGroup() -> Work {
        let group = Array(engine.prefix(Self.largestGroup))
        engine.removeFirst(group.count)
        return .group(group)
    }

    /// A checkpoint goes before a bulk write: there are far fewer of them.
    private func takeOther() -> Work {
        guard let step = checkpoint else {
            let (write, isStaging) = bulk.removeFirst()
            return isStaging ? .staging(write) : .group([write])
        }
        checkpoint = nil
        return .checkpoint(step)
    }

    /// Accepts nothing more; what was accepted is still handed out.
    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }
}

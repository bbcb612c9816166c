import Foundation

/// The two lanes in front of the one SQLite writer. Callers append from any thread, the writer thread takes groups.
///
/// `@unchecked Sendable`: every stored property is read and written under `condition`'s lock.
final class WriteQueue: @unchecked Sendable {
    /// Closures that share one transaction at most: more would make the first of them wait for the last.
    static let largestGroup = 128

    private let condition = NSCondition()
    private var engine: [any PendingWrite] = []
    private var bulk: [any PendingWrite] = []
    private var restartRequested = false
    private var isClosed = false
    /// A bulk write was passed over by the last group: it goes next.
    private var isBulkDue = false

    /// What the writer thread does next.
    enum Work {
        /// One transaction for these; never empty.
        case group([any PendingWrite])
        /// A RESTART checkpoint, between transactions.
        case restartLog
    }

    /// Appends a write; false when the queue is closed (the write is the caller's to fail).
    func append(_ write: any PendingWrite, lane: WriteLane) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isClosed else { return false }
        switch lane {
        case .engine: engine.append(write)
        case .bulk: bulk.append(write)
        }
        condition.signal()
        return true
    }

    /// Asks the writer for one RESTART checkpoint between transactions; asking twice is asking once.
    func requestRestart() {
        condition.lock()
        restartRequested = true
        condition.signal()
        condition.unlock()
    }

    /// Waits for work and takes the next: engine writes together, then one bulk write by itself, in turn. In one transaction
    /// with a bulk write the engine's, which have waited for the one before, would wait a second time for their commit.
    /// Nil when the queue was closed and everything taken.
    func next() -> Work? {
        condition.lock()
        defer { condition.unlock() }
        while engine.isEmpty, bulk.isEmpty, !restartRequested {
            if isClosed { return nil }
            condition.wait()
        }
        if restartRequested {
            restartRequested = false
            return .restartLog
        }
        guard !engine.isEmpty, bulk.isEmpty || !isBulkDue else {
            isBulkDue = false
            return .group([bulk.removeFirst()])
        }
        let group = Array(engine.prefix(Self.largestGroup))
        engine.removeFirst(group.count)
        isBulkDue = !bulk.isEmpty
        return .group(group)
    }

    /// Accepts nothing more; what was accepted is still handed out.
    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }
}

import Storage
import TaskEngine
import TestSupport

/// Bulk operations, the pruner, and what handlers tell while they run.
extension Simulation {
    /// Deletes what the step before found to be old, and finds what the next one will delete: in between anything may happen.
    mutating func prune() async throws {
        let retention = Retention(results: .seconds(60), succeeded: .seconds(300), cancelled: .seconds(300), failed: .seconds(300))
        let cutoffs = PruneTasks.Cutoffs(retention, now: now)
        let (core, time, ids) = (core, now, pruneCandidates)
        let result = try await transaction { connection -> (deleted: Int, left: Set<Int64>) in
            _ = try ExpireResults.expire(ids, storedBefore: time - 60_000_000, on: connection)
            let deleted = try core.prune(ids, cutoffs, time, connection)
            _ = try PruneUniqueKeys.prune(after: 0, through: time, on: connection)
            _ = try PruneWorkers.prune(seenBefore: time - 600_000_000, on: connection)
            _ = try IdempotencyKeys.prune(now: time, limit: 100, on: connection)
            return (deleted, Set(try connection.rows("SELECT id FROM tasks") { $0.int(0) }))
        }
        pruneCandidates = try await database.read { try PruneCandidates.tasks(above: 0, below: .max, cutoffs, on: $0).ids }
        guard let result else { return }
        let gone = ids.filter { !result.left.contains($0) && ledger.entries[$0]?.isGone == false }
        guard gone.count == result.deleted else { throw Broken("\(result.deleted) tasks were pruned, and \(gone) are gone") }
        if !gone.isEmpty { log.append("pruned \(gone)") }
        try ledger.pruned(gone)
        ledger.answered = ledger.answered.filter { $0.value.at > time - IdempotencyKeys.lifetime }
    }

    /// A worker goes on with a bulk operation that it holds, or believes to hold: the next few tasks from anywhere.
    mutating func carryOut(_ index: Int) async throws {
        guard let task = workers[index].running.first(where: { BulkAction(taskName: $0.type) != nil }),
            let action = BulkAction(taskName: task.type)
        else { return }
        let before = ledger.ids.filter { $0 < task.id && ledger.entries[$0]?.tenant == task.tenant }
        let start = Int.random(in: 0...before.count, using: &random)
        let ids = Array(before[start...].prefix(5))
        guard let last = ids.last else { return }
        let change = BulkChange(
            action: action, operation: .init(id: task.id, claim: task.claim), tenant: task.tenant, states: action.states, ids: ids,
            lookedTo: last, workflows: SimulatedCore.workflows)
        let (core, time) = (core, now)
        guard let result = try await transaction({ try core.bulk(change, time, $0) }) else { return }
        guard let result else { return }
        let isHeld = ledger.entries[task.id]?.holder == SimulatedLedger.Holder(worker: task.worker, claim: task.claim)
        guard isHeld else { throw Broken("the bulk operation \(task.id) went on under a claim that is over") }
        log.append("\(action.rawValue) in bulk: \(result.changes.map { "\($0.id) \($0.state)" }) of \(ids)")
        try ledger.changed(result.changes, by: "a bulk operation", mayRevive: action == .retry)
        try ledger.changed(result.further, by: "a bulk operation on nodes", mayAdd: true)
    }

    /// Log lines and progress of what a worker runs, or believes to run: nothing depends on them, and they leave nothing behind.
    mutating func tell(_ index: Int) async throws {
        let tasks = workers[index].running + workers[index].ended.map(\.task)
        guard !tasks.isEmpty else { return }
        let time = now
        _ = try await transaction { connection in
            try JournalWrites.insert(
                tasks.map { .init(task: $0.id, attempt: $0.attempt, level: "info", message: "m", at: time) }, now: time, on: connection)
            try JournalWrites.store(
                tasks.map { .init(task: $0.id, claim: $0.claim, fraction: 0.5, message: nil) }, now: time, on: connection)
        }
    }
}

extension BulkAction {
    init?(taskName: String) {
        guard let action = BulkAction.allCases.first(where: { $0.taskName == taskName }) else { return nil }
        self = action
    }
}

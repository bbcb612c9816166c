import Logging
package import Storage

/// `tasks.retry_matching` and `tasks.cancel_matching`: retries or cancels the tasks of a tenant that match a filter.
///
/// An ordinary task of the tenant, in the queue `system`: it has progress, logs and a result, can be cancelled, and goes on
/// where it was after a crash or a retry. It walks up the ids to its own, so what was submitted after it is left alone, and
/// changes tasks in slices in the bulk lane. Bulk operations themselves never match.
package struct BulkOperations: Sendable {
    private let database: any Database
    private let hub: ChangeHub
    private let clock: EngineClock
    private let workflows: Workflows

    /// - Parameters:
    ///   - hub: told of every change after its commit.
    ///   - workflows: the process's.
    package init(database: any Database, hub: ChangeHub, clock: EngineClock = .system, workflows: Workflows = Workflows()) {
        self.workflows = workflows
        self.database = database
        self.hub = hub
        self.clock = clock
    }

    /// Registers both types.
    package func register(in registry: inout TaskRegistry) {
        for action in BulkAction.allCases {
            var options = TaskTypeOptions(
                queue: SystemQueue.name, retry: .exponentialJitter(maxRetries: 10, base: .seconds(1), cap: .seconds(60)),
                softLimit: .seconds(82_800), timeout: .seconds(86_400))
            options.submittedThrough = "POST /v1/tasks/\(action.rawValue)"
            registry.register(name: action.taskName, options: options) { input, context in
                try await run(action, try BulkFilter(input: input), context)
            }
        }
    }

    /// How many tasks match now, counted up to the usual limit and through at most ``mostWindows`` windows.
    func count(_ action: BulkAction, _ filter: BulkFilter, tenant: String) async throws -> LimitedCount {
        let candidates = try await database.read { try BulkCandidates(action, filter, tenant: tenant, before: .max, on: $0) }
        var (count, position) = (0, Int64(0))
        for _ in 0..<Self.mostWindows {
            let from = position
            let part = try await database.read { try candidates.count(above: from, on: $0) }
            count += part.count
            position = part.lookedTo
            if part.isEnd { return LimitedCount(counted: count, limit: LimitedCount.usualLimit) }
            if count > LimitedCount.usualLimit { break }
        }
        return LimitedCount(number: min(count, LimitedCount.usualLimit), hasMore: true)
    }

    /// A million index entries: about a second.
    private static let mostWindows = 200

    private static let pauseForOthers = Duration.milliseconds(10)

    // MARK: - The handler

    private func run(_ action: BulkAction, _ filter: BulkFilter, _ context: TaskContext) async throws -> String? {
        let (id, tenant) = (context.id, context.tenant)
        let candidates = try await database.read { try BulkCandidates(action, filter, tenant: tenant, before: id, on: $0) }
        let operation = BulkChange.ClaimedOperation(id: id, claim: context.claim)
        var progress = try await begin(operation, candidates, context)
        var position = progress.position
        while true {
            try context.checkCancellation()
            let from = position
            let found = try await database.read { try candidates.next(above: from, limit: BulkChange.largestSlice, on: $0) }
            position = found.lookedTo
            if !found.ids.isEmpty {
                let change = BulkChange(
                    action: action, operation: operation, tenant: tenant, states: filter.state.map { [$0] } ?? action.allowed(filter),
                    ids: found.ids, lookedTo: found.lookedTo, workflows: workflows)
                progress = try await apply(change)
                report(progress, context)
                position = progress.position
                // Somebody holds the next task: for a commit, which takes milliseconds.
                if position <= from { try await Task.sleep(for: Self.pauseForOthers) }
            }
            if found.isEnd, position == found.lookedTo { break }
        }
        context.logger.info("\(progress.changed) of \(progress.matched) tasks: \(action.rawValue)")
        return try progress.result()
    }

    /// Where the last attempt was; the first one counts what there is to do.
    private func begin(
        _ operation: BulkChange.ClaimedOperation, _ candidates: BulkCandidates, _ context: TaskContext
    ) async throws -> BulkProgress {
        let known = try await database.write { try BulkChange.hold(operation, on: $0) }
        guard let known else { throw Self.superseded }
        if known.total >= 0 { return known }
        var (total, position, isEnd) = (0, Int64(0), false)
        while !isEnd {
            try context.checkCancellation()
            let from = position
            let part = try await database.read { try candidates.count(above: from, on: $0) }
            (total, position, isEnd) = (total + part.count, part.lookedTo, part.isEnd)
        }
        let begun = BulkProgress(total: total)
        let isHeld = try await database.write { connection in
            guard try BulkChange.hold(operation, on: connection) != nil else { return false }
            try BulkChange.store(begun, operation, on: connection)
            return true
        }
        guard isHeld else { throw Self.superseded }
        context.logger.info("\(total) tasks match")
        return begun
    }

    private func apply(_ change: BulkChange) async throws -> BulkProgress {
        let now = clock.now()
        guard let result = try await database.write(.bulk, { try change.apply(now: now, on: $0) }) else { throw Self.superseded }
        hub.announce(result.changes + result.further)
        for task in result.cancels { hub.announceCancel(of: task) }
        return result.progress
    }

    private func report(_ progress: BulkProgress, _ context: TaskContext) {
        let fraction = progress.total > 0 ? Double(progress.matched) / Double(progress.total) : 1
        context.progress(fraction, message: "\(progress.matched) of \(max(progress.total, progress.matched))")
    }

    /// The lease was lost: another attempt goes on, and nobody hears of this one.
    private static let superseded = TaskError(code: "superseded", message: "another attempt of the operation goes on")
}

extension BulkAction {
    /// States in which a task of this filter is changed.
    fileprivate func allowed(_ filter: BulkFilter) -> [TaskState] { filter.ids == nil ? usualStates : states }
}

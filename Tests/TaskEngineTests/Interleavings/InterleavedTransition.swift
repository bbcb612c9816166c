import Storage
import TaskEngine
import TestSupport
import Testing

/// A transition as it is called in the world of interleavings, with as much as possible in common with all others.
struct InterleavedTransition: Sendable, CustomTestStringConvertible {
    /// What it answered: the outside world knows no more of it.
    struct Answer: Sendable {
        /// Changes to be announced.
        var changes: [TaskChange] = []
        /// Tasks that a worker holds from now on.
        var claimed: [ClaimedTask] = []
        /// Tasks that may have been deleted.
        var pruned: [Int64] = []
        /// Whether a task may have left a terminal state.
        var mayRevive = false
        /// What a request that is carried out once led to.
        var once: [Int64]?
        /// Something that only one may say it has made.
        var made: String?
        /// An invariant that its own answer breaks.
        var broken: String?
    }

    typealias Run = @Sendable (_ world: InterleavingWorld, _ connection: any Connection) throws -> Answer

    let testDescription: String
    /// One of the turns of the world's worker. A process makes them one after another (``ClaimLoop``), never side by side.
    let isTurnOfWorker: Bool
    let run: Run

    init(_ name: String, isTurnOfWorker: Bool = false, _ run: @escaping Run) {
        testDescription = name
        self.isTurnOfWorker = isTurnOfWorker
        self.run = run
    }

    /// Answers nothing that anybody relies on.
    static func quiet(_ name: String, _ run: @escaping @Sendable (InterleavingWorld, any Connection) throws -> Void) -> Self {
        Self(name) { world, connection in
            try run(world, connection)
            return Answer()
        }
    }

    /// Answers changes.
    static func changing(
        _ name: String, revives: Bool = false, _ run: @escaping @Sendable (InterleavingWorld, any Connection) throws -> [TaskChange]
    ) -> Self {
        Self(name) { Answer(changes: try run($0, $1), mayRevive: revives) }
    }

    static let all: [InterleavedTransition] = clients + operators + workers + maintenance + schedules + workflows + childRuns + secrets
    private static let now = InterleavingWorld.now

    // MARK: - Clients

    private static let clients: [InterleavedTransition] = [
        changing("submit with keys") { _, connection in
            // Free, held by running work, and held by a window that is over.
            try submit(["q2", "f2", "f1", "d1", "w", "r2", nil], connection)
        },
        changing("submit one key twice") { _, connection in try submit(["f1", "new", "new"], connection) },
        InterleavedTransition("submit once") { _, connection in
            let key = InterleavingWorld.idempotencyKey("new")
            var changes: [TaskChange] = []
            let ids = try IdempotencyKeys.once(key, now: now, on: connection) {
                changes = try submit([nil], connection)
                return changes.map(\.id)
            } answer: { ids in
                ids.map(String.init).joined(separator: ",")
            } replay: { kept in
                kept.split(separator: ",").compactMap { Int64($0) }
            }
            return Answer(changes: changes, once: ids)
        },
    ]

    private static func submit(_ keys: [String?], _ connection: any Connection) throws -> [TaskChange] {
        let tasks = keys.map { InterleavingWorld.task(key: $0) }
        guard case .submitted(let submitted) = try Submit.submit(tasks, now: now, on: connection) else {
            throw FixtureError("the queue is there")
        }
        return submitted.changes
    }

    // MARK: - Operators

    private static let operators: [InterleavedTransition] = [
        changing("cancel running") { try cancel($0.running[0].id, $1) },
        changing("cancel queued") { try cancel($0.queued[0], $1) },
        changing("cancel scheduled") { try cancel($0.scheduled[0], $1) },
        changing("redrive failed", revives: true) { try redrive($0.failed[0], $1) },
        changing("redrive cancelled", revives: true) { try redrive($0.cancelled, $1) },
        changing("cancel in bulk") { try bulk(.cancel, $0.unfinished + $0.failed, $0, $1) },
        changing("retry in bulk", revives: true) { try bulk(.retry, $0.ended + $0.running.map(\.id), $0, $1) },
        quiet("pause queue") { _, connection in _ = try QueueSetup.setPaused(queue: "default", true, now: now, on: connection) },
        quiet("pause for a tenant") { _, connection in try pause("acme", true, connection) },
        quiet("pause for another tenant") { _, connection in try pause("initech", true, connection) },
        quiet("resume for a tenant") { _, connection in try pause("acme", false, connection) },
        quiet("limit a pool") { _, connection in _ = try PoolSetup.setLimit(pool: "default", 3, now: now, on: connection) },
        quiet("insert queues") { _, connection in
            let queues = ["z", "a"].map { QueueDefinition(name: $0, pool: "default", weight: 1) }
            try QueueSetup.insertMissing(queues, now: now, on: connection)
        },
        quiet("insert queues in another order") { _, connection in
            let queues = ["a", "z"].map { QueueDefinition(name: $0, pool: "default", weight: 1) }
            try QueueSetup.insertMissing(queues, now: now, on: connection)
        },
    ]

    private static func cancel(_ id: Int64, _ connection: any Connection) throws -> [TaskChange] {
        switch try Cancel.cancel(task: id, tenant: InterleavingWorld.tenant, now: now, on: connection) {
        case .cancelled(let change, _), .requested(let change, _, _, _): [change]
        case .finished, .unknown: []
        }
    }

    private static func redrive(_ id: Int64, _ connection: any Connection) throws -> [TaskChange] {
        guard case .queued(let change) = try Redrive.redrive(task: id, tenant: InterleavingWorld.tenant, now: now, on: connection) else {
            return []
        }
        return [change]
    }

    private static func bulk(
        _ action: BulkAction, _ ids: [Int64], _ world: InterleavingWorld, _ connection: any Connection
    ) throws -> [TaskChange] {
        guard let operation = world.operation else { throw FixtureError("there is an operation") }
        let change = BulkChange(
            action: action, operation: .init(id: operation.id, claim: operation.claim), tenant: InterleavingWorld.tenant,
            states: action.states, ids: ids.sorted().reversed(), lookedTo: action == .cancel ? 1_000 : 2_000)
        return try change.apply(now: now, on: connection)?.changes ?? []
    }

    private static func pause(_ tenant: String, _ isPaused: Bool, _ connection: any Connection) throws {
        _ = try QueuePauses.setPaused(queue: "default", tenant: tenant, isPaused, now: now, on: connection)
    }
}

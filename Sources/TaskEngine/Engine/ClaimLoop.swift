import Logging
import Storage
import Synchronization

/// The engine's heart: waits until there is something to write or to claim, and does both in one transaction.
///
/// The only caller of ``Turn``, so outcomes and claims of a process are in one order. Guarantees that an outcome taken from
/// the completer is committed or given back, and that a claimed task is started only after its claim was committed.
final class ClaimLoop: Sendable {
    private struct State {
        /// Pools for which work may be ready. One leaves when it is asked for, and not while it has no free slot: a pool
        /// that others are asked for beside must not lose what is known of its backlog.
        var mayBeReady: Set<String>
        var isClaiming = true
    }

    private let database: any Database
    private let identity: WorkerIdentity
    private let running: RunningTasks
    private let completer: Completer
    private let runner: Runner
    private let hub: ChangeHub
    private let settings: EngineSettings
    private let limits: PoolLimits
    private let clock: EngineClock
    private let logger: Logger
    private let knownTypes: Set<String>
    private let service: TaskService
    private let wake: Signal
    /// Told when the database says that this worker is dead.
    private let leaseLost: @Sendable (String) async -> Void
    private let state: Mutex<State>
    /// Raised when the completer was found empty after a commit.
    let settled = Signal()

    init(
        database: any Database, identity: WorkerIdentity, running: RunningTasks, completer: Completer, runner: Runner, hub: ChangeHub,
        settings: EngineSettings, limits: PoolLimits, clock: EngineClock, wake: Signal, logger: Logger,
        leaseLost: @escaping @Sendable (String) async -> Void
    ) {
        self.database = database
        self.identity = identity
        self.running = running
        self.completer = completer
        self.runner = runner
        self.hub = hub
        self.settings = settings
        self.limits = limits
        self.clock = clock
        self.wake = wake
        self.logger = logger
        self.leaseLost = leaseLost
        knownTypes = Set(runner.registry.names)
        service = TaskService(
            database: database, registry: runner.registry, settings: settings, hub: hub, clock: clock, workflows: runner.inputs.workflows)
        state = Mutex(State(mayBeReady: Set(limits.configured.keys)))
    }

    /// Something may have become ready.
    func workMayBeReady() {
        state.withLock { $0.mayBeReady = Set(limits.configured.keys) }
        wake.raise()
    }

    /// From now on outcomes are written and nothing is claimed.
    func stopClaiming() {
        state.withLock { $0.isClaiming = false }
    }

    /// Until cancelled.
    func run() async {
        var routing = Turn.Routing()
        var pause = Backoff()
        while !Task.isCancelled {
            let batch = completer.take()
            guard let turn = nextTurn(batch, routing) else {
                completer.giveBack(batch)
                if batch.isEmpty { settled.raise() }
                await wake.wait()
                continue
            }
            // The endings are being written: their slots are free for this very transaction.
            running.remove(batch.map(\.entry))
            do {
                let result = try await database.write { try turn.run(on: $0) }
                pause = Backoff()
                routing = result.routing
                await finish(result)
            } catch {
                workMayBeReady()
                await recover(from: error, batch, hasClaimed: !turn.freeSlots.isEmpty, &pause)
            }
        }
    }

    /// Nil when there is nothing to write and nothing to claim, or no identity to do it under. Limits change here, between
    /// two transactions.
    private func nextTurn(_ batch: [Completer.Ended], _ routing: Turn.Routing) -> Turn? {
        let limits = limits.adopt()
        guard let worker = identity.worker else { return nil }
        // The end of a node may make others ready, which this very transaction can claim.
        if batch.contains(where: { $0.entry.task.node != nil }) { state.withLock { $0.mayBeReady = Set(limits.keys) } }
        let free = poolsToAsk(endingIn: batch, limits)
        guard !batch.isEmpty || !free.isEmpty else { return nil }
        let now = clock.now()
        return Turn(
            worker: worker, now: now, settlements: completer.settle(batch, now: now), freeSlots: free,
            servedQueues: settings.servedQueues, knownTypes: knownTypes, routing: routing, exceptTasks: running.lingeringTasks,
            service: service)
    }

    /// Free slots of the pools that may have ready work; they count as asked from here on.
    private func poolsToAsk(endingIn batch: [Completer.Ended], _ limits: [String: Int]) -> [String: Int] {
        let wanted = state.withLock { $0.isClaiming ? $0.mayBeReady : [] }
        guard !wanted.isEmpty else { return [:] }
        let free = freeSlots(endingIn: batch, limits).filter { wanted.contains($0.key) }
        state.withLock { $0.mayBeReady.subtract(free.keys) }
        return free
    }

    private func freeSlots(endingIn batch: [Completer.Ended], _ limits: [String: Int]) -> [String: Int] {
        var taken = running.countsByPool
        for ended in batch where running.running(ended.entry.task.id) === ended.entry { taken[ended.entry.pool, default: 1] -= 1 }
        return limits.reduce(into: [:]) { free, pool in
            let left = pool.value - (taken[pool.key] ?? 0)
            if left > 0 { free[pool.key] = left }
        }
    }

    private func finish(_ result: Turn.Result) async {
        if result.lostLease {
            // The outcomes of this turn belong to attempts that the rescue has settled: they are dropped. Its pools were not
            // asked: the next identity asks them.
            workMayBeReady()
            return await leaseLost("declared dead by another process")
        }
        runner.start(result.claimed)
        hub.announce(result.changes)
        state.withLock { $0.mayBeReady.formUnion(result.poolsWithMore) }
        await mark(result.unmarkedRuns)
    }

    /// Rare: another transaction held the runs in the moment of their first claim.
    private func mark(_ runs: Set<Int64>) async {
        guard !runs.isEmpty else { return }
        let now = clock.now()
        do {
            try await database.write { try BeginRuns.mark(runs, now: now, on: $0) }
        } catch {
            // They are running with the end of their first node.
            logger.warning(
                "runs that have begun could not be marked as running", metadata: ["error": "\(error)", "runs": "\(runs.sorted())"])
        }
    }

    /// Nothing of the turn was committed, or nobody knows. Outcomes can be written twice, thanks to the fence. A claim that
    /// may have been committed leaves tasks that are ours and that nobody here knows of: they come back only with our lease.
    private func recover(from error: any Error, _ batch: [Completer.Ended], hasClaimed: Bool, _ pause: inout Backoff) async {
        if let storage = error as? StorageError, storage.isTransient {
            logger.error("the engine cannot write; tried again", metadata: ["error": "\(storage)", "outcomes": "\(batch.count)"])
            completer.giveBack(batch)
            if storage.code == .outcomeUnknown, hasClaimed { await leaseLost("nobody knows whether a claim was committed") }
            return await pause.wait()
        }
        logger.error(
            "a batch of outcomes was refused; each is written alone", metadata: ["error": "\(error)", "outcomes": "\(batch.count)"])
        for ended in batch { await writeAlone(ended) }
        if batch.isEmpty { await pause.wait() }
    }

    /// One bad output must not strand a batch: what fails alone fails its own task.
    private func writeAlone(_ ended: Completer.Ended) async {
        do {
            try await write([ended])
        } catch let error as StorageError where error.isTransient {
            completer.giveBack([ended])
        } catch {
            logger.error("an outcome was refused; its attempt fails", metadata: ["task": "\(ended.entry.task.id)", "error": "\(error)"])
            var refused = ended
            refused.outcome = Self.outcome(refusedWith: error)
            do {
                try await write([refused])
            } catch {
                // The task stays running in the database and is rescued when this process ends.
                logger.critical("an ended task could not be settled", metadata: ["task": "\(ended.entry.task.id)", "error": "\(error)"])
            }
        }
    }

    /// The same output will be refused again; an error of the handler's own writes may not come again.
    private static func outcome(refusedWith error: any Error) -> TaskOutcome {
        switch error {
        case let error as StorageError:
            .failed(TaskError(code: "storage_error", message: "its result could not be stored: \(error)"))
        case let refusal as SubmitRefusal:
            .failed(TaskError(code: "follow_up_refused", message: "its follow-up task was refused: \(refusal.sentence)"))
        case TaskFailure.permanent(let error): .failed(error)
        case TaskFailure.retry(let error, let after): .retry(error, after: after)
        case let error as TaskError: .retry(error)
        default: .retry(TaskError(code: "handler_error", message: "its final writes failed: \(error)"))
        }
    }

    private func write(_ batch: [Completer.Ended]) async throws {
        guard let worker = identity.worker else { return }
        let now = clock.now()
        let turn = Turn(
            worker: worker, now: now, settlements: completer.settle(batch, now: now), freeSlots: [:], servedQueues: nil,
            knownTypes: knownTypes, routing: Turn.Routing(), exceptTasks: [], service: service)
        hub.announce(try await database.write { try turn.run(on: $0) }.changes)
    }
}

/// Growing pauses after failures: 50 ms, doubled up to 2 s.
struct Backoff: Sendable {
    private var next = Duration.milliseconds(50)

    mutating func wait() async {
        // Cancelled when the engine ends: its loop sees that.
        try? await Task.sleep(for: next)
        next = min(next * 2, .seconds(2))
    }
}

extension StorageError {
    /// Whether the same write may succeed later. What remains is a matter of the write itself.
    var isTransient: Bool {
        switch code {
        case .unavailable, .busy, .diskFull, .readOnly, .ioError, .conflict, .outcomeUnknown, .credentials: true
        case .corrupt, .locked, .constraint, .schema, .configuration, .other: false
        }
    }
}

import Foundation
package import Logging
import ServiceLifecycle
package import Storage
import Synchronization

/// Executes tasks in this process: claims them, runs their handlers, settles the outcomes, and looks after the tasks of
/// processes that died.
///
/// The composition root makes one and runs it as a service. While it runs, every task of the queues it serves that is ready
/// is started as soon as its pool has a slot. At graceful shutdown it stops claiming, gives running handlers
/// ``EngineSettings/grace`` to end, cancels what is left, puts it back uncounted and returns. If the process is killed
/// instead, whatever it ran is rescued by the next engine on the database.
package final class Engine: Service {
    private let database: any Database
    private let registry: TaskRegistry
    private let settings: EngineSettings
    private let clock: EngineClock
    private let isolator: (any TaskIsolator)?
    private let hub: ChangeHub
    private let logger: Logger

    private let workflows: Workflows
    private let identity = WorkerIdentity()
    private let running = RunningTasks()
    private let completer: Completer
    private let journal: TaskJournal
    private let threads: HandlerThreads
    private let heartbeatThread: HandlerThreads
    private let runner: Runner
    private let promoterWake = Signal()
    private let claimWake = Signal()
    private let poolsWake = Signal()
    private let deadlinesWake = Signal()
    private let poolLimits: PoolLimits
    private let limitsWake = Signal()
    private let endings = Mutex(Endings())
    private let ended = Signal()

    private struct Endings {
        var isDraining = false
        /// Ended without a graceful shutdown: running work is put back at once.
        var isCancelled = false
        var failure: EngineError?
    }

    /// - Parameters:
    ///   - isolator: runs task types with `isolation: .process`; without one their attempts fail.
    ///   - workflows: the process's, which takes these task types over.
    ///   - artifacts: where handlers store files; without it they cannot.
    ///   - secrets: what handlers may read; without it they cannot.
    package init(
        database: any Database, registry: TaskRegistry, settings: EngineSettings, hub: ChangeHub, clock: EngineClock = .system,
        isolator: (any TaskIsolator)? = nil, workflows: Workflows = Workflows(), artifacts: ArtifactStore? = nil,
        secrets: SecretStore? = nil, logger: Logger
    ) {
        self.database = database
        self.registry = registry
        self.settings = settings
        self.clock = clock
        self.isolator = isolator
        self.hub = hub
        self.logger = logger
        workflows.adopt(registry, settings)
        self.workflows = workflows
        poolLimits = PoolLimits(configured: settings.pools, wasAdopted: poolsWake)
        let metrics = TaskMetrics(clock: clock)
        let inputs = NodeInputs(database: database, workflows: workflows)
        completer = Completer(wake: claimWake, registry: registry, settings: settings, metrics: metrics, inputs: inputs)
        journal = TaskJournal(database: database, clock: clock, logger: logger)
        threads = HandlerThreads(name: "millrace-task", limit: settings.totalSlots)
        heartbeatThread = HandlerThreads(name: "millrace-beat", limit: 1, yields: false)
        runner = Runner(
            registry: registry, isolator: isolator, running: running, completer: completer, threads: threads, journal: journal,
            settings: settings,
            clock: clock,
            metrics: metrics, logger: logger, started: limitsWake, lingeringEnded: { hub.announceReady() },
            isKnownType: { registry.type(named: $0) != nil }, inputs: inputs,
            helper: .stores(HandlerStores(artifacts: artifacts, secrets: secrets)))
    }

    /// What the engine is doing now.
    package func snapshot() -> EngineSnapshot {
        let counts = running.countsByPool
        return EngineSnapshot(
            pools: poolLimits.adopted.sorted { $0.key < $1.key }.map { .init(name: $0.key, limit: $0.value, running: counts[$0.key] ?? 0) },
            workerID: identity.worker, isDraining: endings.withLock { $0.isDraining }, abandonedHandlers: running.abandonedCount)
    }

    /// Runs until graceful shutdown.
    /// - Throws: ``StorageError`` when the database cannot be reached at the start; ``EngineError`` when the process has to
    ///   be replaced. In both cases nothing that was acknowledged is lost.
    package func run() async throws {
        defer {
            threads.close()
            heartbeatThread.close()
        }
        let heartbeat = makeHeartbeat()
        let claimLoop = makeClaimLoop(heartbeat)
        try await begin(heartbeat, claimLoop)
        // Not a child of the caller's task: when that one is cancelled, outcomes must still be written.
        let work = Task { await self.work(heartbeat, claimLoop) }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            endings.withLock { $0.isCancelled = true }
            ended.raise()
        }
        if let failure = endings.withLock({ $0.failure }) { throw failure }
    }

    private func work(_ heartbeat: Heartbeat, _ claimLoop: ClaimLoop) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: heartbeatThread) { await heartbeat.run() }
            group.addTask { await claimLoop.run() }
            group.addTask { await self.makePromoter().run() }
            group.addTask { await self.makeRunDeadlines().run() }
            group.addTask { await self.makeTimeLimits().run() }
            group.addTask { await self.makePoolWatch(claimLoop).run() }
            group.addTask { await self.journal.run() }
            group.addTask { await self.pollForOthers(claimLoop) }
            await waitForEnd()
            await drain(claimLoop)
            group.cancelAll()
        }
        await finish()
    }

    // MARK: - Start

    /// Registers, and on SQLite rescues what the former process ran: holding the database's lock proves it dead.
    private func begin(_ heartbeat: Heartbeat, _ claimLoop: ClaimLoop) async throws {
        await isolator?.endOrphans()
        if database.dialect == .sqlite { try await rescueFormerProcess(heartbeat) }
        try await makePoolWatch(claimLoop).follow()
        let limits = poolLimits.adopt()
        try await register()
        listen(claimLoop)
        logger.info("engine started", metadata: ["worker": "\(identity.worker ?? 0)", "pools": "\(limits)"])
    }

    private func rescueFormerProcess(_ heartbeat: Heartbeat) async throws {
        let former = try await database.read { try WorkerLease.beats(on: $0).map(\.worker) + Rescue.unfinished(on: $0) }
        for worker in former {
            do {
                try await heartbeat.rescue(worker: worker, beat: nil)
            } catch let error as StorageError where !error.isTransient {
                // One row that cannot be made sense of must not keep everything else from running; the observer tries again.
                logger.critical("tasks of a former process stay as they are", metadata: ["worker": "\(worker)", "error": "\(error)"])
            }
        }
    }

    private func register() async throws {
        let instant = clock.monotonic()
        let now = clock.now()
        let registration = registration
        let worker = try await database.write { try WorkerLease.register(registration, now: now, on: $0) }
        identity.registered(worker, at: instant)
        claimWake.raise()
    }

    private var registration: WorkerLease.Registration {
        WorkerLease.Registration(
            name: settings.workerName, host: settings.hostName, pid: ProcessInfo.processInfo.processIdentifier,
            pools: EngineJSON.object(poolLimits.adopted), configuredPools: EngineJSON.object(settings.pools),
            queues: EngineJSON.array(settings.servedQueues?.sorted() ?? ["*"]),
            types: EngineJSON.array(registry.names))
    }

    private func listen(_ claimLoop: ClaimLoop) {
        hub.subscribe { [promoterWake] changes in
            if changes.contains(where: { $0.state == .queued }) { claimLoop.workMayBeReady() }
            if changes.contains(where: { $0.state == .scheduled || $0.expires }) { promoterWake.raise() }
        }
        hub.subscribeToReady { claimLoop.workMayBeReady() }
        hub.subscribeToRuns { [deadlinesWake] in deadlinesWake.raise() }
        hub.subscribeToPools { [poolsWake] in poolsWake.raise() }
        database.listen(channel: ChangeHub.poolsChannel) { [poolsWake] _ in poolsWake.raise() }
        hub.subscribeToCancels { [running] task in running.running(task)?.stop(.cancelled) }
        database.listen(channel: ChangeHub.readyChannel) { [promoterWake] _ in
            claimLoop.workMayBeReady()
            promoterWake.raise()
        }
        database.listen(channel: ChangeHub.cancelChannel) { [running] payload in
            // A lost listener misses nothing for long: the heartbeat asks the database.
            if let task = payload.flatMap({ Int64($0) }) { running.running(task)?.stop(.cancelled) }
        }
    }

    /// Notifications are hints: on a shared database, look for oneself about once a second, not all at the same moment.
    private func pollForOthers(_ claimLoop: ClaimLoop) async {
        guard database.dialect == .postgres else { return }
        while !Task.isCancelled {
            // Cancelled when the engine ends: the loop's condition sees that.
            try? await Task.sleep(for: .milliseconds(Int.random(in: 700...1300)))
            claimLoop.workMayBeReady()
        }
    }

    // MARK: - End

    private func waitForEnd() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Throws when this child is cancelled because the other one came first.
                try? await gracefulShutdown()
            }
            group.addTask { await self.ended.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    private func handlersAbandoned(_ count: Int) {
        logger.error("a handler outlived its hard limit and was given up", metadata: ["abandoned": "\(count)"])
        guard count >= settings.mostAbandonedHandlers else { return }
        endings.withLock {
            $0.failure = EngineError(
                .tooManyAbandonedHandlers, "\(count) handlers outlived their hard limits: the process must be replaced")
        }
        ended.raise()
    }

    /// Stops claiming, lets handlers end, cancels the rest, and puts back what does not listen even then.
    private func drain(_ claimLoop: ClaimLoop) async {
        endings.withLock { $0.isDraining = true }
        claimLoop.stopClaiming()
        await markDraining()
        logger.info("engine draining", metadata: ["running": "\(running.count)"])
        await waitUntilIdle(within: endings.withLock { $0.isCancelled } ? .zero : settings.grace)
        for entry in running.all { entry.stop(.interrupted) }
        await waitUntilIdle(within: .seconds(2))
        for entry in running.all where running.giveUp(entry, isAbandoned: false) { completer.append(entry, .interrupted) }
        await waitUntilSettled(claimLoop, within: .seconds(2))
    }

    private func waitUntilIdle(within limit: Duration) async {
        let end = clock.monotonic() + limit
        while running.count > 0, clock.monotonic() < end {
            await running.emptied.wait(atMost: clock.monotonic().duration(to: end))
        }
    }

    private func waitUntilSettled(_ claimLoop: ClaimLoop, within limit: Duration) async {
        let end = clock.monotonic() + limit
        repeat {
            claimWake.raise()
            await claimLoop.settled.wait(atMost: clock.monotonic().duration(to: end))
        } while !completer.isEmpty && clock.monotonic() < end
        if !completer.isEmpty { logger.error("outcomes could not be written at shutdown; their tasks will be rescued") }
    }

    private func markDraining() async {
        guard let worker = identity.worker else { return }
        do { try await database.write { try WorkerLease.drain(worker, on: $0) } } catch {
            logger.warning("the worker could not be marked as draining", metadata: ["error": "\(error)"])
        }
    }

    private func finish() async {
        await journal.flush()
        guard let worker = identity.worker else { return }
        let now = clock.now()
        do { try await database.write { try WorkerLease.stop(worker, now: now, on: $0) } } catch {
            logger.warning("the worker could not be marked as stopped", metadata: ["error": "\(error)"])
        }
        logger.info("engine stopped")
    }

    // MARK: - Parts

    private func makeHeartbeat() -> Heartbeat {
        Heartbeat(
            database: database, identity: identity, running: running, settings: settings, clock: clock, hub: hub, isolator: isolator,
            workflows: workflows, logger: logger, register: { try await self.register() })
    }

    private func makeClaimLoop(_ heartbeat: Heartbeat) -> ClaimLoop {
        ClaimLoop(
            database: database, identity: identity, running: running, completer: completer, runner: runner, hub: hub, settings: settings,
            limits: poolLimits, clock: clock, wake: claimWake, logger: logger, leaseLost: { await heartbeat.loseLease($0) })
    }

    private func makePoolWatch(_ claimLoop: ClaimLoop) -> PoolWatch {
        PoolWatch(
            database: database, identity: identity, limits: poolLimits, threads: threads, logger: logger, wake: poolsWake,
            changed: { claimLoop.workMayBeReady() })
    }

    private func makePromoter() -> Promoter {
        Promoter(database: database, hub: hub, clock: clock, wake: promoterWake, logger: logger)
    }

    private func makeRunDeadlines() -> RunDeadlines {
        RunDeadlines(database: database, workflows: workflows, hub: hub, clock: clock, wake: deadlinesWake, logger: logger)
    }

    private func makeTimeLimits() -> TimeLimits {
        TimeLimits(
            running: running, completer: completer, threads: threads, clock: clock, started: limitsWake,
            abandoned: { self.handlersAbandoned($0) })
    }
}

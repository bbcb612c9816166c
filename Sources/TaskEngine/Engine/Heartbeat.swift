import Logging
import Storage

/// Keeps this process's lease, learns of cancellations asked for elsewhere, and rescues the tasks of dead workers.
///
/// Runs on a thread of its own (see ``Engine``), so that neither handlers nor HTTP can delay it. A lease that could not be
/// renewed for three quarters of the time after which others declare it dead is given up first: the handlers are
/// cancelled, and the process goes on under a new id.
struct Heartbeat: Sendable {
    let database: any Database
    let identity: WorkerIdentity
    let running: RunningTasks
    let settings: EngineSettings
    let clock: EngineClock
    let hub: ChangeHub
    let isolator: (any TaskIsolator)?
    let workflows: Workflows
    let logger: Logger
    /// Registers anew after a lost lease.
    let register: @Sendable () async throws -> Void

    /// Until cancelled.
    func run() async {
        var observer = LivenessObserver(deadAfter: settings.workerDead)
        while !Task.isCancelled {
            await beat()
            await rescue(&observer)
            // Cancelled when the engine ends: the loop's condition sees that.
            try? await Task.sleep(for: settings.heartbeat)
        }
    }

    private func beat() async {
        guard let worker = identity.worker else { return await takeNewIdentity() }
        let instant = clock.monotonic()
        let now = clock.now()
        do {
            let (lives, cancels) = try await database.write { connection in
                let lives = try WorkerLease.beat(worker, now: now, on: connection)
                return (lives, lives ? try WorkerLease.cancelRequests(worker: worker, on: connection) : [])
            }
            guard lives else { return await loseLease("declared dead by another process") }
            identity.renewed(worker, at: instant)
            for task in cancels { running.running(task)?.stop(.cancelled) }
        } catch {
            logger.error("the heartbeat could not be written", metadata: ["error": "\(error)"])
            let limit = settings.workerDead * 3 / 4
            if let age = identity.age(at: clock.monotonic()), age >= limit { await loseLease("could not be renewed for \(age)") }
        }
    }

    /// Others run, or will run, what this process was running: its handlers must end, and their results do not count.
    func loseLease(_ reason: String) async {
        logger.error("worker lease lost: running tasks are given up", metadata: ["reason": "\(reason)", "running": "\(running.count)"])
        identity.forget()
        for entry in running.all where running.giveUp(entry, isAbandoned: false) { entry.stop(.leaseLost) }
        await takeNewIdentity()
    }

    private func takeNewIdentity() async {
        do {
            try await register()
            // What was given up may have been queued again meanwhile, by somebody who could not tell us.
            hub.announceReady()
        } catch {
            logger.error("the worker could not be registered; tried again at the next heartbeat", metadata: ["error": "\(error)"])
        }
    }

    private func rescue(_ observer: inout LivenessObserver) async {
        do {
            let (beats, unfinished) = try await database.read { connection in
                (try WorkerLease.beats(on: connection), try Rescue.unfinished(on: connection))
            }
            let own = identity.worker
            let dead = observer.observe(beats.filter { $0.worker != own }, at: clock.monotonic())
            if !dead.isEmpty || !unfinished.isEmpty { await isolator?.endOrphans() }
            for beat in dead { try await rescue(worker: beat.worker, beat: beat.count) }
            for worker in unfinished { try await rescue(worker: worker, beat: nil) }
        } catch is CancellationError {
            // The engine ends while it was looking.
        } catch {
            logger.error("dead workers could not be looked for", metadata: ["error": "\(error)"])
        }
    }

    /// Slice by slice until nothing of the worker is left.
    func rescue(worker: Int64, beat: Int64?) async throws {
        var total = 0
        let workflows = workflows
        while true {
            let now = clock.now()
            let changes = try await database.write { try Rescue.rescue(worker: worker, beat: beat, workflows, now: now, on: $0) }
            guard let changes else { return }
            hub.announce(changes)
            total += changes.count
            if changes.count < Rescue.largestBatch { break }
        }
        logger.warning("a dead worker's tasks were given back", metadata: ["worker": "\(worker)", "tasks": "\(total)"])
    }
}

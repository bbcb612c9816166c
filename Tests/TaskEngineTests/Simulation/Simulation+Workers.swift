import Storage
import TaskEngine
import TestSupport

/// What processes with an engine do, each step a transaction of the engine's own.
extension Simulation {
    mutating func register(_ index: Int) async throws {
        let time = now
        let id = try await transaction { connection in
            try WorkerLease.register(
                .init(name: "simulated", host: "test", pid: 1, pools: "{}", queues: #"["*"]"#, types: "[]"), now: time, on: connection)
        }
        workers[index].loseLease()
        workers[index].id = id
        log.append("worker \(name(index)) registered")
    }

    mutating func beat(_ index: Int) async throws {
        guard let worker = workers[index].id else { return }
        let time = now
        guard let lives = try await transaction({ try WorkerLease.beat(worker, now: time, on: $0) }) else { return }
        if !lives {
            log.append("worker \(name(index)) learned that its id is dead")
            workers[index].loseLease()
        }
    }

    /// Looks for dead workers and gives their tasks back, as every process does.
    mutating func observe(_ index: Int) async throws {
        let (beats, unfinished) = try await database.read { connection in
            (try WorkerLease.beats(on: connection), try Rescue.unfinished(on: connection))
        }
        let own = workers[index].id
        let dead = workers[index].observer.observe(beats.filter { $0.worker != own }, at: instant)
        for beat in dead { try await rescue(beat.worker, beat: beat.count) }
        for worker in unfinished { try await rescue(worker, beat: nil) }
    }

    private mutating func rescue(_ worker: Int64, beat: Int64?) async throws {
        let (core, time) = (core, now)
        guard let changes = try await transaction({ try core.rescue(worker, beat, time, $0) }) else { return }
        log.append("worker id \(worker) declared dead, given back: \(changes?.map(\.id) ?? [])")
        try ledger.changed(changes ?? [], by: "rescue", mayAdd: true)
    }

    mutating func drain(_ index: Int) async throws {
        guard workers[index].paused == 0, let worker = workers[index].id else { return }
        if workers[index].isDraining, workers[index].running.isEmpty, workers[index].ended.isEmpty {
            let time = now
            guard try await transaction({ try WorkerLease.stop(worker, now: time, on: $0) }) != nil else { return }
            log.append("worker \(name(index)) stopped")
            workers[index].loseLease()
        } else if try await transaction({ try WorkerLease.drain(worker, on: $0) }) != nil {
            log.append("worker \(name(index)) drains")
            workers[index].isDraining = true
        }
    }

    private struct TurnResult: Sendable {
        var hold: Claim.Hold
        var settled: [TaskChange] = []
        var claimed: [ClaimedTask] = []
        /// Claims that came too late for their tasks.
        var expired: [TaskChange] = []
    }

    /// Writes outcomes and claims, in one transaction like the engine's turn.
    mutating func turn(_ index: Int) async throws {
        guard let worker = workers[index].id else { return }
        let ended = workers[index].ended
        let slots = workers[index].freeSlots
        let queue = chance(15) ? SystemQueue.name : Self.queues.randomElement(using: &random) ?? "default"
        let (core, time) = (core, now)
        let result = try await transaction { connection -> TurnResult in
            var result = TurnResult(hold: try Claim.holdWorker(worker, on: connection))
            guard result.hold != .gone else { return result }
            result.settled = try Self.settle(ended, core, now: time, connection)
            guard result.hold == .live, slots > 0 else { return result }
            let ready = try Claim.readyQueues(on: connection)
            guard let lane = ready.first(where: { $0.name == queue }) else { return result }
            result.claimed = try core.claim(.init(queue: queue, slots: slots, tenantPauses: lane.tenantPauses), worker, time, connection)
            let late = result.claimed.filter { $0.expiresAt.map { $0 <= time } ?? false }
            result.expired = try Expire.end(late, now: time, on: connection)
            let begun = try BeginRuns.begin(result.claimed, now: time, on: connection)
            guard begun.unmarked.isEmpty else { throw Broken("nobody holds runs \(begun.unmarked), and they were not marked") }
            return result
        }
        guard let result else { return crashInTurn(index) }
        try await learn(result, index, ended, queue)
    }

    private static func settle(
        _ ended: [SimulatedWorker.Ended], _ core: SimulatedCore, now: Int64, _ connection: any Connection
    ) throws -> [TaskChange] {
        var successes: [Complete.Success] = []
        var endings: [EndAttempts.Ending] = []
        for outcome in ended {
            switch outcome {
            case .success(let success): successes.append(success)
            case .ending(let ending): endings.append(ending)
            }
        }
        return try core.settle(successes, endings, now, connection)
    }

    private mutating func crashInTurn(_ index: Int) {
        log.append("worker \(name(index)) died in a turn")
        workers[index] = SimulatedWorker()
    }

    private mutating func learn(_ result: TurnResult, _ index: Int, _ ended: [SimulatedWorker.Ended], _ queue: String) async throws {
        if result.hold == .gone {
            log.append("worker \(name(index)) found its id dead")
            return workers[index].loseLease()
        }
        try ledger.settled(ended, result.settled)
        guard !pausedQueues.contains(queue) || result.claimed.isEmpty else {
            throw Broken("tasks of the paused queue \(queue) were claimed")
        }
        for task in result.claimed where pausedTenants.contains(.init(queue: queue, tenant: task.tenant)) {
            throw Broken("task \(task.id) was claimed, and \(task.tenant) has paused the queue \(queue)")
        }
        try ledger.claimed(result.claimed)
        try ledger.changed(result.expired, by: "expire")
        let begun = result.claimed.filter { task in !result.expired.contains { $0.id == task.id } }
        log.append("worker \(name(index)) wrote \(result.settled.map { "\($0.id) \($0.state)" }), claimed \(result.claimed.map(\.id))")
        switch isTroubled ? Int.random(in: 0..<100, using: &random) : 99 {
        case 0..<4:
            // The commit went through and its answer never came: the process dies, or believes that nothing happened and repeats.
            log.append("… and died before it learned of it")
            workers[index] = SimulatedWorker()
        case 4..<10:
            log.append("… and will write the same again")
            workers[index].running += begun
        default:
            workers[index].ended = []
            workers[index].running += begun
        }
    }
}

import Storage
import TaskEngine
import TestSupport

extension InterleavedTransition {
    private static let now = InterleavingWorld.now
    private static let error = TaskError(code: "e", message: "m")

    // MARK: - Workers

    static let workers: [InterleavedTransition] = [
        InterleavedTransition("turn", isTurnOfWorker: true) { world, connection in
            // In the opposite order of the ids, and with a follow-up that wants a key others want.
            try turn(world.worker, [world.running[1]], [world.running[0]], followUp: "f1", slots: 4, connection)
        },
        InterleavedTransition("turn of another worker") { world, connection in
            try turn(world.other, [world.foreign].compactMap(\.self), [], followUp: nil, slots: 4, connection)
        },
        InterleavedTransition("completions", isTurnOfWorker: true) { world, connection in
            try turn(world.worker, world.running.reversed(), [], followUp: nil, slots: 0, connection)
        },
        InterleavedTransition("failures and releases", isTurnOfWorker: true) { world, connection in
            try turn(world.worker, [], world.running.reversed() + [world.operation].compactMap(\.self), followUp: nil, slots: 0, connection)
        },
        InterleavedTransition("late answer") { world, connection in
            // The answer of the first attempt, which failed and was made again.
            var stale = world.running[0]
            stale.claim -= 1
            var answer = try turn(world.worker, [stale], [], followUp: nil, slots: 0, connection)
            if !answer.changes.isEmpty { answer.broken = "a stale answer was accepted" }
            return answer
        },
        quiet("beat") { world, connection in _ = try WorkerLease.beat(world.worker, now: now, on: connection) },
        quiet("drain") { world, connection in try WorkerLease.drain(world.worker, on: connection) },
        quiet("stop") { world, connection in try WorkerLease.stop(world.worker, now: now, on: connection) },
        quiet("register") { _, connection in _ = try InterleavingWorld.register("new", now: now, connection) },
        quiet("tell limits") { world, connection in try WorkerLease.setPools(world.worker, #"{"default":3}"#, on: connection) },
        quiet("log lines") { world, connection in
            let lines = (world.running.map(\.id) + world.succeeded).map {
                JournalWrites.Line(task: $0, attempt: 1, level: "info", message: "m", at: now)
            }
            try JournalWrites.insert(lines, now: now, on: connection)
        },
        quiet("progress") { world, connection in
            let held = world.running.map { JournalWrites.Progress(task: $0.id, claim: $0.claim, fraction: 0.5, message: "m") }
            let late = world.succeeded.map { JournalWrites.Progress(task: $0, claim: 1, fraction: 1, message: "late") }
            try JournalWrites.store(late + held.reversed(), now: now, on: connection)
        },
    ]

    /// What the engine does in one transaction.
    private static func turn(
        _ worker: Int64, _ successes: [ClaimedTask], _ endings: [ClaimedTask], followUp: String?, slots: Int, _ connection: any Connection
    ) throws -> Answer {
        var answer = Answer()
        let hold = try Claim.holdWorker(worker, on: connection)
        guard hold != .gone else { return answer }
        let followUps = followUp.map { key in [SubmitRequest(type: "test.sample", uniqueKey: key)] } ?? []
        answer.changes = try Settle.settle(
            successes.map { .init(task: $0, output: "1", effects: lastProgress(of: $0), followUps: followUps) },
            endings.map { .init(task: $0, next: .retry(at: now), outcome: .failed, error: error) }, now: now, on: connection
        ) { requests, tenant in
            let tasks = requests.map { NewTask.sample(tenant: tenant, type: $0.type, uniqueKey: $0.uniqueKey.map { UniqueKey($0) }) }
            guard case .submitted(let submitted) = try Submit.submit(tasks, now: now, on: connection) else { return [] }
            return submitted.changes
        }
        guard hold == .live, slots > 0 else { return answer }
        for queue in try Claim.readyQueues(on: connection) {
            let request = Claim.Request(queue: queue.name, slots: slots, tenantPauses: queue.tenantPauses)
            let claimed = try Claim.claim(request, worker: worker, now: now, on: connection)
            answer.claimed += claimed
            answer.changes += try Expire.end(claimed.filter { $0.expiresAt.map { $0 <= now } ?? false }, now: now, on: connection)
        }
        return answer
    }

    /// What a handler told last is written with its success.
    private static func lastProgress(of task: ClaimedTask) -> @Sendable (any Connection) throws -> Void {
        let progress = JournalWrites.Progress(task: task.id, claim: task.claim, fraction: 1, message: nil)
        return { try JournalWrites.store([progress], now: now, on: $0) }
    }

    // MARK: - Maintenance

    static let maintenance: [InterleavedTransition] = [
        changing("rescue") { world, connection in
            try Rescue.rescue(worker: world.worker, beat: 1, now: now, on: connection) ?? []
        },
        changing("rescue of a worker known dead") { world, connection in
            try Rescue.rescue(worker: world.worker, beat: nil, now: now, on: connection) ?? []
        },
        changing("promote") { _, connection in try Promote.promote(now: now, on: connection).changes },
        changing("expire") { _, connection in try Expire.expire(now: now, on: connection).changes },
        InterleavedTransition("prune tasks") { world, connection in
            _ = try PruneTasks.prune(world.ended, .init(Retention(), now: now), now: now, on: connection)
            return Answer(pruned: world.ended)
        },
        quiet("expire results") { world, connection in
            _ = try ExpireResults.expire(world.succeeded.reversed(), storedBefore: now, on: connection)
        },
        quiet("prune unique keys") { _, connection in _ = try PruneUniqueKeys.prune(after: 0, through: now, on: connection) },
        quiet("prune workers") { _, connection in _ = try PruneWorkers.prune(seenBefore: now - 86_400_000_000, on: connection) },
        quiet("prune request keys") { _, connection in _ = try IdempotencyKeys.prune(now: now, limit: 100, on: connection) },
    ]
}

/// From facts to reasons, without a database or a clock.
struct WhyJudgement {
    let facts: WhyFacts
    /// Microseconds since 1970.
    let now: Int64
    /// A worker that was not seen for this long is silent.
    let silentAfter: Duration
    /// The limits of an attempt.
    let limits: (soft: Duration, hard: Duration)

    private var task: WhyFacts.Task { facts.task }

    /// The most telling first; never empty.
    var reasons: [WhyReason] {
        switch task.state {
        case .succeeded, .failed, .cancelled, .skipped: [.ended]
        case .running: running
        case .waiting: [.waitingForParents([], more: 0)] + expiry
        case .scheduled: scheduled + expiry
        case .queued: queued + expiry
        }
    }

    // MARK: - By state

    private var running: [WhyReason] {
        guard let worker = task.worker, let startedAt = task.startedAt else { return [.ready] }
        let attempt = WhyAttempt(
            number: task.attempt, worker: worker, workerName: task.workerName, startedAt: startedAt,
            softDeadline: startedAt + limits.soft.wholeMicroseconds, hardDeadline: startedAt + limits.hard.wholeMicroseconds)
        var reasons: [WhyReason] = []
        if let silence = silence(since: task.workerSeenAt) { reasons.append(.workerSilent(attempt, silentMilliseconds: silence)) }
        if let time = task.cancelRequestedAt { reasons.append(.cancelRequested(at: time)) }
        return reasons + [.running(attempt)]
    }

    private var scheduled: [WhyReason] {
        guard task.readyAt > now else {
            return facts.workers.isEmpty ? [.noWorker, .due(runAt: task.readyAt)] : [.due(runAt: task.readyAt)]
        }
        guard task.attempt > 0, let error = task.error else { return [.scheduled(runAt: task.readyAt)] }
        return [.backingOff(runAt: task.readyAt, attempt: task.attempt, maxRetries: task.maxRetries, error)]
    }

    private var queued: [WhyReason] {
        let obstacles = pauses + workers
        let ahead = facts.ahead.own.number > 0 || facts.ahead.others.number > 0
        let turn: [WhyReason] = ahead ? [.tasksAhead(own: facts.ahead.own, others: facts.ahead.others)] : []
        let all = obstacles + turn
        return all.isEmpty ? [.ready] : all
    }

    private var expiry: [WhyReason] {
        task.expiresAt.map { [.expires(at: $0)] } ?? []
    }

    // MARK: - A queued task's obstacles

    private var pauses: [WhyReason] {
        guard let queue = facts.queue else { return [] }
        if queue.isPaused { return [.queuePaused(queue: task.queue, forTenantOnly: false)] }
        return queue.isPausedForTenant ? [.queuePaused(queue: task.queue, forTenantOnly: true)] : []
    }

    /// Narrows the workers down step by step: the first step that leaves nobody is the reason.
    private var workers: [WhyReason] {
        guard let pool = facts.queue?.pool else { return [.queueNotServed(queue: task.queue, pool: "")] }
        guard !facts.workers.isEmpty else { return [.noWorker] }
        let serving = facts.workers.filter(\.servesQueue)
        guard !serving.isEmpty else { return [.queueNotServed(queue: task.queue, pool: pool)] }
        let able = serving.filter(\.knowsType)
        guard !able.isEmpty else { return [.typeUnknown(type: task.type)] }
        let staying = able.filter { !$0.isDraining }
        guard !staying.isEmpty else { return [.workersDraining(workers: able.count)] }
        let alive = staying.filter { silence(since: $0.seenAt) == nil }
        guard !alive.isEmpty else { return [.workersSilent(workers: staying.count)] }
        return slots(of: alive, pool: pool)
    }

    private func slots(of workers: [WhyFacts.Worker], pool: String) -> [WhyReason] {
        let slots = workers.reduce(0) { $0 + $1.limit }
        if slots == 0 { return [.poolPaused(pool: pool)] }
        guard workers.allSatisfy({ $0.running >= $0.limit }) else { return [] }
        let taken = WhyPool(name: pool, slots: slots, workers: workers.count, own: facts.running.own, others: facts.running.others)
        return [.poolFull(taken)]
    }

    /// Milliseconds of silence; nil when it is not too long, or nothing is known.
    private func silence(since seenAt: Int64?) -> Int64? {
        guard let seenAt else { return nil }
        let silence = now - seenAt
        return silence >= silentAfter.wholeMicroseconds ? silence / 1000 : nil
    }
}

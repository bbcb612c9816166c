import Storage
import TaskEngine
import TestSupport

/// What clients and operators do.
extension Simulation {
    mutating func submit() async throws {
        let tasks = (0..<Int.random(in: 1...3, using: &random)).map { _ in newTask() }
        let time = now
        let submitted = try await transaction { connection -> Submitted in
            guard case .submitted(let submitted) = try Submit.submit(tasks, now: time, on: connection) else {
                throw Broken("submit does not know a queue that exists")
            }
            return submitted
        }
        // The answer may be lost on the way, but the tasks are there.
        log.append(
            "submitted \(submitted?.ids ?? []), existing \(submitted?.existing ?? []) \(submitted == nil ? "and died before the commit" : "")"
        )
        guard let submitted else { return }
        try ledger.submitted(submitted.changes)
        for index in submitted.existing {
            guard ledger.entries[submitted.ids[index]] != nil else {
                throw Broken("a key is held by task \(submitted.ids[index]), which nobody knows")
            }
        }
    }

    private mutating func newTask() -> NewTask {
        var task = NewTask.sample(
            tenant: Self.tenants.randomElement(using: &random) ?? "acme", queue: Self.queues.randomElement(using: &random) ?? "default",
            priority: Int.random(in: 0...9, using: &random),
            runAt: chance(30) ? now + Int64.random(in: 0...30_000_000, using: &random) : nil,
            maxRetries: Int.random(in: 0...2, using: &random), tags: chance(20) ? #"["blue"]"# : nil)
        if chance(10) { return operation(for: task.tenant) }
        if chance(30) {
            let window = chance(30) ? Int64.random(in: 1...60_000_000, using: &random) : 0
            task.uniqueKey = UniqueKey("key \(Int.random(in: 0..<3, using: &random))", until: window == 0 ? 0 : now + window)
        }
        if chance(20) { task.expiresAt = now + Int64.random(in: 1...60_000_000, using: &random) }
        return task
    }

    /// A bulk operation, which a worker carries out as it does any task.
    private mutating func operation(for tenant: String) -> NewTask {
        let action: BulkAction = chance(50) ? .cancel : .retry
        return .sample(tenant: tenant, type: action.taskName, queue: Self.queues.randomElement(using: &random) ?? "default")
    }

    /// A request with a key, which may be a repetition of one whose answer was lost.
    mutating func submitOnce() async throws {
        let text = "request \(Int.random(in: 0..<4, using: &random))"
        let key = IdempotencyKey(tenant: Self.tenants[0], subject: "s", route: "POST /tasks", text: text, fingerprint: "f")
        let time = now
        let result = try await transaction { connection -> (ids: [Int64], new: [TaskChange])? in
            var new: [TaskChange] = []
            let ids = try IdempotencyKeys.once(key, now: time, on: connection) { () -> [Int64] in
                guard case .submitted(let submitted) = try Submit.submit([.sample(tenant: Self.tenants[0])], now: time, on: connection)
                else {
                    throw Broken("submit does not know a queue that exists")
                }
                new = submitted.changes
                return submitted.ids
            } answer: { ids in
                ids.map(String.init).joined(separator: ",")
            } replay: { kept in
                kept.split(separator: ",").compactMap { Int64($0) }
            }
            return ids.map { ($0, new) }
        }
        guard let result else { return }
        guard let (ids, new) = result else { throw Broken("the same request was refused as another one") }
        if let known = ledger.answered[text], known.at > now - IdempotencyKeys.lifetime, known.ids != ids {
            throw Broken("\(text) was carried out twice: \(known.ids) and \(ids)")
        }
        log.append("\(text) led to \(ids)")
        try ledger.submitted(new)
        if !new.isEmpty { ledger.answered[text] = .init(ids: ids, at: now) }
    }

    mutating func cancel() async throws {
        guard let id = ledger.ids.randomElement(using: &random), let tenant = ledger.entries[id]?.tenant else { return }
        let (core, time) = (core, now)
        guard let result = try await transaction({ try core.cancel(id, tenant, time, $0) }) else { return }
        log.append("cancelled \(id): \(result)")
        switch result {
        case .cancelled(let change, let further):
            // What has begun is marked first.
            try ledger.changed([change] + further, by: "cancel", mayAdd: true, mostVersions: 2)
        case .requested(let change, _, let further, _): try ledger.changed([change] + further, by: "cancel", mayAdd: true)
        case .finished(let state):
            guard ledger.entries[id]?.state == state else { throw Broken("cancel said that task \(id) has ended as \(state)") }
        case .unknown:
            guard ledger.entries[id]?.isGone == true else { throw Broken("cancel does not know task \(id), which was acknowledged") }
        }
    }

    mutating func redrive() async throws {
        guard let id = ledger.ids.randomElement(using: &random), let tenant = ledger.entries[id]?.tenant else { return }
        let (core, time) = (core, now)
        guard let result = try await transaction({ try core.redrive(id, tenant, time, $0) }) else { return }
        log.append("redrove \(id): \(result)")
        switch result {
        case .queued(let change): try ledger.changed([change], by: "redrive", mayRevive: true)
        case .refused(let state):
            guard ledger.entries[id]?.state == state else { throw Broken("redrive said that task \(id) is \(state)") }
        case .node(let run):
            guard ledger.entries[id]?.run == run else { throw Broken("redrive said that task \(id) is a node of run \(run)") }
        case .keyTaken(let holder):
            guard holder != id, ledger.entries[holder] != nil else {
                throw Broken("redrive of \(id) was refused for a key that \(holder) holds")
            }
        case .unknown:
            guard ledger.entries[id]?.isGone == true else { throw Broken("redrive does not know task \(id), which was acknowledged") }
        }
    }

    mutating func pauseOrResumeQueue() async throws {
        guard let queue = Self.queues.randomElement(using: &random) else { return }
        let (isPaused, time) = (!pausedQueues.contains(queue), now)
        guard try await transaction({ try QueueSetup.setPaused(queue: queue, isPaused, now: time, on: $0) }) == true else { return }
        if isPaused { pausedQueues.insert(queue) } else { pausedQueues.remove(queue) }
        log.append("queue \(queue) \(isPaused ? "paused" : "resumed")")
    }

    mutating func pauseOrResumeTenant() async throws {
        let pause = TenantPause(
            queue: Self.queues.randomElement(using: &random) ?? "default", tenant: Self.tenants.randomElement(using: &random) ?? "acme")
        let (isPaused, time) = (!pausedTenants.contains(pause), now)
        let done = try await transaction {
            try QueuePauses.setPaused(queue: pause.queue, tenant: pause.tenant, isPaused, now: time, on: $0)
        }
        guard done == true else { return }
        if isPaused { pausedTenants.insert(pause) } else { pausedTenants.remove(pause) }
        log.append("queue \(pause.queue) \(isPaused ? "paused" : "resumed") for \(pause.tenant)")
    }

    mutating func promote() async throws {
        let (core, time) = (core, now)
        let result = try await transaction { connection in
            (try Expire.expire(now: time, on: connection).changes, try core.promote(time, connection))
        }
        guard let (expired, promoted) = result else { return }
        try ledger.changed(expired, by: "expire")
        try ledger.changed(promoted, by: "promote")
        if !expired.isEmpty || !promoted.isEmpty { log.append("expired \(expired.map(\.id)), promoted \(promoted.map(\.id))") }
    }
}

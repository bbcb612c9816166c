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
            maxRetries: Int.random(in: 0...2, using: &random))
        if chance(30) {
            let window = chance(30) ? Int64.random(in: 1...60_000_000, using: &random) : 0
            task.uniqueKey = UniqueKey("key \(Int.random(in: 0..<3, using: &random))", until: window == 0 ? 0 : now + window)
        }
        if chance(20) { task.expiresAt = now + Int64.random(in: 1...60_000_000, using: &random) }
        return task
    }

    mutating func cancel() async throws {
        guard let id = ledger.ids.randomElement(using: &random), let tenant = ledger.entries[id]?.tenant else { return }
        let (core, time) = (core, now)
        guard let result = try await transaction({ try core.cancel(id, tenant, time, $0) }) else { return }
        log.append("cancelled \(id): \(result)")
        switch result {
        case .cancelled(let change), .requested(let change, _): try ledger.changed([change], by: "cancel")
        case .finished(let state):
            guard ledger.entries[id]?.state == state else { throw Broken("cancel said that task \(id) has ended as \(state)") }
        case .unknown: throw Broken("cancel does not know task \(id), which was acknowledged")
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
        case .keyTaken(let holder):
            guard holder != id, ledger.entries[holder] != nil else {
                throw Broken("redrive of \(id) was refused for a key that \(holder) holds")
            }
        case .unknown: throw Broken("redrive does not know task \(id), which was acknowledged")
        }
    }

    mutating func pauseOrResumeQueue() async throws {
        guard let queue = Self.queues.randomElement(using: &random) else { return }
        let (isPaused, time) = (!pausedQueues.contains(queue), now)
        guard try await transaction({ try QueueSetup.setPaused(queue: queue, isPaused, now: time, on: $0) }) == true else { return }
        if isPaused { pausedQueues.insert(queue) } else { pausedQueues.remove(queue) }
        log.append("queue \(queue) \(isPaused ? "paused" : "resumed")")
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

import Storage
import TaskEngine
import TestSupport

/// What clients and operators do.
extension Simulation {
    mutating func submit() async throws {
        var tasks: [NewTask] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            tasks.append(
                .sample(
                    tenant: Self.tenants.randomElement(using: &random) ?? "acme",
                    queue: Self.queues.randomElement(using: &random) ?? "default",
                    priority: Int.random(in: 0...9, using: &random),
                    runAt: chance(30) ? now + Int64.random(in: 0...30_000_000, using: &random) : nil,
                    maxRetries: Int.random(in: 0...2, using: &random)))
        }
        let time = now
        let changes = try await transaction { [tasks] connection -> [TaskChange] in
            guard case .submitted(_, let changes) = try Submit.submit(tasks, now: time, on: connection) else { return [] }
            return changes
        }
        // The answer may be lost on the way, but the tasks are there.
        ledger.submitted(changes ?? [])
        log.append("submitted \(changes?.map(\.id) ?? []) \(changes == nil ? "and died before the commit" : "")")
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
        guard let changes = try await transaction({ try core.promote(time, $0) }) else { return }
        try ledger.changed(changes, by: "promote")
        if !changes.isEmpty { log.append("promoted \(changes.map(\.id))") }
    }
}

import Storage
import TaskEngine
import TestSupport

extension InterleavedTransition {
    private static let now = InterleavingWorld.now

    /// What changes runs, beside what ends their nodes.
    static let workflows: [InterleavedTransition] = [
        InterleavedTransition("turn that ends a node", isTurnOfWorker: true) { world, connection in
            try end([world.nodes.first].compactMap(\.self), fails: false, world.worker, connection)
        },
        InterleavedTransition("turn that fails a node") { world, connection in
            try end([world.nodes.last].compactMap(\.self), fails: true, world.other, connection)
        },
        changing("start a run") { _, connection in
            guard case .started(_, let changes) = try InterleavingWorld.start("new", now: now, connection) else { return [] }
            return changes
        },
        changing("kill a run") { world, connection in
            let result = try KillRun.kill(
                world.flow, tenant: InterleavingWorld.tenant, as: .cancelled, reason: nil, Workflows(), now: now, on: connection)
            guard case .killed(let end) = result else { return [] }
            return end.changes
        },
        changing("retry a run", revives: true) { world, connection in
            let result = try RetryRun.retry(
                world.endedFlow, tenant: InterleavingWorld.tenant, Workflows(), now: now, on: connection)
            guard case .retried(_, let changes) = result else { return [] }
            return changes
        },
        changing("end late runs") { _, connection in
            let late = try ExpireRuns.late(now: now + 86_400_000_000, on: connection)
            return try ExpireRuns.expire(late, now: now + 86_400_000_000, Workflows(), on: connection).changes
        },
        changing("go on ending a run") { world, connection in
            try StopRuns.stop([world.stopping], Workflows(), now: now, on: connection).changes
        },
        quiet("mark runs as begun") { world, connection in
            try BeginRuns.mark([world.deep.run, world.flow, world.stopping], now: now, on: connection)
        },
        changing("send an event") { world, connection in
            let result = try SendEvent.send(
                "go", data: "1", to: world.flow, tenant: InterleavingWorld.tenant, Workflows(), now: now, on: connection)
            guard case .taken(_, let changes) = result else { return [] }
            return changes
        },
        changing("cancel a node") { world, connection in
            guard let task = world.waitingNode else { throw FixtureError("there is a waiting node") }
            switch try Cancel.cancel(task: task, tenant: InterleavingWorld.tenant, now: now, on: connection) {
            case .cancelled(let change, let further): return [change] + further
            case .requested(let change, _, let further, _): return [change] + further
            case .finished, .unknown: return []
            }
        },
        quiet("register a workflow") { _, connection in
            _ = try RegisterWorkflow.register(
                InterleavingWorld.definition(nodes: 5), tenant: InterleavingWorld.tenant, now: now, on: connection)
        },
    ]

    private static func end(
        _ tasks: [ClaimedTask], fails: Bool, _ worker: Int64, _ connection: any Connection
    ) throws -> Answer {
        guard try Claim.holdWorker(worker, on: connection) != .gone else { return Answer() }
        let error = TaskError(code: "e", message: "m")
        return Answer(
            changes: try Settle.settle(
                fails ? [] : tasks.map { .init(task: $0, output: "1") },
                fails ? tasks.map { .init(task: $0, next: .fail, outcome: .failed, error: error) } : [], now: now, on: connection))
    }
}

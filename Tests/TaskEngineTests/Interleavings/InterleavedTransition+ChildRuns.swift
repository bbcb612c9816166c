import Storage
import TaskEngine
import TestSupport

extension InterleavedTransition {
    private static let now = InterleavingWorld.now

    /// What changes a run with others below it, and what deletes runs.
    static let childRuns: [InterleavedTransition] = [
        InterleavedTransition("turn that ends an element", isTurnOfWorker: true) { world, connection in
            try settle(world.deep.element, fails: false, world.worker, connection)
        },
        InterleavedTransition("turn that fails an element", isTurnOfWorker: true) { world, connection in
            try settle(world.deep.element, fails: true, world.worker, connection)
        },
        InterleavedTransition("turn that ends a child run") { world, connection in
            try settle(world.deep.below, fails: false, world.other, connection)
        },
        changing("kill a run with a child run") { world, connection in try kill(world.deep.run, connection) },
        changing("kill a child run") { world, connection in try kill(world.deep.child, connection) },
        changing("cancel a list") { world, connection in try cancel(world.deep.nodes[0], connection) },
        changing("cancel a node with a child run") { world, connection in try cancel(world.deep.nodes[1], connection) },
        changing("cancel an element") { world, connection in
            guard let element = world.deep.element else { throw FixtureError("an element runs") }
            return try cancel(element.id, connection)
        },
        InterleavedTransition("prune a run") { world, connection in
            _ = try PruneRuns.prune(world.endedFlow, endedBefore: now, on: connection)
            return Answer(pruned: world.endedNodes)
        },
    ]

    private static func settle(_ task: ClaimedTask?, fails: Bool, _ worker: Int64, _ connection: any Connection) throws -> Answer {
        guard let task else { throw FixtureError("it was claimed") }
        guard try Claim.holdWorker(worker, on: connection) != .gone else { return Answer() }
        let error = TaskError(code: "e", message: "m")
        return Answer(
            changes: try Settle.settle(
                fails ? [] : [.init(task: task, output: "1")],
                fails ? [.init(task: task, next: .fail, outcome: .failed, error: error)] : [], now: now, on: connection))
    }

    private static func kill(_ run: Int64, _ connection: any Connection) throws -> [TaskChange] {
        let result = try KillRun.kill(
            run, tenant: InterleavingWorld.tenant, as: .cancelled, reason: nil, Workflows(), now: now, on: connection)
        guard case .killed(let end) = result else { return [] }
        return end.changes
    }

    private static func cancel(_ task: Int64, _ connection: any Connection) throws -> [TaskChange] {
        let result = try Cancel.cancel(task: task, tenant: InterleavingWorld.tenant, now: now, on: connection)
        switch result {
        case .cancelled(let end, let further):
            // It was marked first: two versions, of which only the last is told.
            let mark = TaskChange(
                tenant: end.tenant, id: end.id, version: end.version - 1, state: .waiting, type: end.type, queue: end.queue, node: end.node)
            return (end.node?.element == nil ? [mark, end] : [end]) + further
        case .requested(let change, _, let further, _): return [change] + further
        case .finished, .unknown: return []
        }
    }
}

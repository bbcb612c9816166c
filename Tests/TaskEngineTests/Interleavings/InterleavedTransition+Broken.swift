import Storage
import TaskEngine
import TestSupport

/// Wrong in ways that were real mistakes: each must be found beside its partner, or the interleavings prove nothing.
extension InterleavedTransition {
    struct Mistake: Sendable {
        let broken: InterleavedTransition
        let partner: InterleavedTransition
    }

    static let mistakes: [String: Mistake] = [
        "a claim that does not hold its worker commits after the worker was declared dead": Mistake(
            broken: InterleavedTransition("claim without a hold") { world, connection in
                guard try connection.row("SELECT state FROM workers WHERE id = \(world.worker)", { $0.text(0) }) == "live" else {
                    return Answer()
                }
                let request = Claim.Request(queue: "default", slots: 1)
                return Answer(claimed: try Claim.claim(request, worker: world.worker, now: InterleavingWorld.now, on: connection))
            },
            partner: changing("rescue") { world, connection in
                try Rescue.rescue(worker: world.worker, beat: 1, now: InterleavingWorld.now, on: connection) ?? []
            }),
        "two completers lock the same tasks in different orders": Mistake(
            broken: oneByOne("completions in one order") { $0.running },
            partner: oneByOne("completions in the other") { $0.running.reversed() }
        ),
        "a task is cancelled whose state was read without a lock": Mistake(
            broken: changing("cancel without a lock") { world, connection in
                let id = world.queued[0]
                guard try connection.row("SELECT state FROM tasks WHERE id = \(id)", { $0.text(0) }) == "queued" else { return [] }
                return try connection.rows(
                    """
                    UPDATE tasks SET state = 'cancelled', worker = NULL, finished_at = 9, version = version + 1 WHERE id = \(id)
                    RETURNING id, tenant, version, state, type, queue
                    """
                ) { row in
                    TaskChange(
                        tenant: row.text(1), id: row.int(0), version: row.int(2), state: TaskState(rawValue: row.text(3)) ?? .waiting,
                        type: row.text(4), queue: row.text(5))
                }
            },
            partner: changing("cancel queued") { world, connection in
                let result = try Cancel.cancel(
                    task: world.queued[0], tenant: InterleavingWorld.tenant, now: InterleavingWorld.now, on: connection)
                guard case .cancelled(let change, _) = result else { return [] }
                return [change]
            }),
        "one of two counts of the tenants that paused a queue is lost": Mistake(
            broken: counting("initech"), partner: counting("umbrella")),
    ]

    private static func oneByOne(_ name: String, _ tasks: @escaping @Sendable (InterleavingWorld) -> [ClaimedTask]) -> Self {
        changing(name) { world, connection in
            try tasks(world).flatMap { try Complete.complete([.init(task: $0)], now: InterleavingWorld.now, on: connection) }
        }
    }

    private static func counting(_ tenant: String) -> Self {
        quiet("pause for \(tenant)") { _, connection in
            let count = try connection.row("SELECT tenant_pauses FROM queues WHERE name = 'default'") { $0.int(0) } ?? 0
            try connection.execute("INSERT INTO queue_pauses (queue, tenant, paused_at) VALUES ('default', \(tenant), 1)")
            try connection.execute("UPDATE queues SET tenant_pauses = \(count + 1) WHERE name = 'default'")
        }
    }
}

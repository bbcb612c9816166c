import Storage
import TaskEngine
import TestSupport

/// A run in the world of interleavings that has others below it: a list of which one element runs and one waits, a child run whose
/// node runs, and a join behind both.
struct DeepRun: Sendable {
    var run: Int64 = 0
    /// The run that one of its nodes waits for.
    var child: Int64 = 0
    /// The nodes' tasks: list, child, join.
    var nodes: [Int64] = []
    /// Held by the world's worker.
    var element: ClaimedTask?
    /// The child's node, held by the other worker.
    var below: ClaimedTask?

    /// Their parents by position, for both definitions.
    static let shapes: [String: [SimulatedFlow.Node]] = [
        "deep": [.init([], .list(atOnce: 1)), .init([], .child), .init([0, 1], .task)], "below": [.init([], .task)],
        "flow": [.init([], .task), .init([], .task), .init([], .event("go")), .init([0], .list(atOnce: 1)), .init([0, 1], .task)],
    ]

    static func make(_ worker: Int64, _ other: Int64, now: Int64, _ connection: any Connection) throws -> DeepRun {
        for queue in ["deep", "below"] {
            try QueueSetup.insertMissing([.init(name: queue, pool: "default", weight: 1)], now: now, on: connection)
        }
        for text in [below, deep] {
            guard case .accepted(let plan, _) = WorkflowDefinition.parse(text, rules: .stored) else { throw FixtureError("it is right") }
            _ = try RegisterWorkflow.register(plan.definition, tenant: InterleavingWorld.tenant, now: now, on: connection)
        }
        let started = try StartRun.start(.init(workflow: "deep"), tenant: InterleavingWorld.tenant, Workflows(), now: now, on: connection)
        guard case .started(let run, let changes) = started else { throw FixtureError("it can be started") }
        var made = DeepRun()
        made.run = run
        made.child = try connection.row("SELECT id FROM workflow_runs WHERE parent_run = \(run)") { $0.int(0) } ?? 0
        made.nodes = Set(changes.filter { $0.node?.run == run && $0.node?.element == nil }.map(\.id)).sorted()
        made.element = try Claim.claim(.init(queue: "deep", slots: 1), worker: worker, now: now, on: connection).first
        made.below = try Claim.claim(.init(queue: "below", slots: 1), worker: other, now: now, on: connection).first
        return made
    }

    private static let deep = """
        {"name": "deep", "nodes": [
            {"id": "list", "task": "test.sample", "queue": "deep", "foreach": [1, 2], "concurrency": 1, "retry": {"max_retries": 0}},
            {"id": "child", "workflow": {"name": "below"}},
            {"id": "join", "task": "test.sample", "queue": "deep", "depends_on": ["list", "child"]}]}
        """
    private static let below =
        #"{"name": "below", "nodes": [{"id": "only", "task": "test.sample", "queue": "below", "retry": {"max_retries": 0}}]}"#
}

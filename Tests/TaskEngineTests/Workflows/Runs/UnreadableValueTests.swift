import Storage
import TaskEngine
import TestSupport
import Testing

/// Outputs are kept to what can be read again; one that cannot is the trouble of those who read it.
@Suite("Outputs that cannot be read", .timeLimit(.minutes(5)))
struct UnreadableValueTests {
    private static func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }

    @Test("an output that others could not read fails its own node", arguments: DatabaseKind.available)
    func refused(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database) { registry in
                registry.register(name: "test.deep") { _, _ in Self.nested(65) }
                registry.register(name: "test.text") { _, _ in "no JSON" }
                registry.register(name: "test.edge") { _, _ in Self.nested(64) }
            }
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "nodes": [{"id": "deep", "task": "test.deep"}, {"id": "text", "task": "test.text"},
                        {"id": "edge", "task": "test.edge"},
                        {"id": "lists", "task": "test.edge", "foreach": [1, 2]},
                        {"id": "after", "task": "demo.noop", "depends_on": ["edge", "lists"], "when": "exists(nodes.edge.output[0]) and exists(nodes.lists.output[1][0])"}]}
                    """)
                #expect(state == .failed)
                let nodes = try await database.nodes(of: run)
                #expect(nodes.map(\.state) == [.failed, .failed, .succeeded, .succeeded, .succeeded])
                #expect(nodes.prefix(2).map(\.errorCode) == ["invalid_output", "invalid_output"] && nodes[0].attempt == 1)
                #expect(nodes[0].errorMessage?.contains("nested more than 64 levels deep") == true)
            }
        }
    }

    @Test("a stored value that cannot be read fails the nodes that refer to it, and no other run", arguments: DatabaseKind.available)
    func stored(kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let harness = try await RunHarness(database)
            try await harness.register(
                """
                {"name": "w", "nodes": [{"id": "a", "task": "demo.noop"}, {"id": "b", "task": "demo.noop"},
                    {"id": "reader", "task": "demo.noop", "depends_on": ["a", "b"], "when": "nodes.a.output == 1"},
                    {"id": "other", "task": "demo.noop", "depends_on": ["b"], "when": "exists(run.id)"}]}
                """)
            let (bad, good) = (try await harness.start("w"), try await harness.start("w"))
            let claimed = try await database.claim(9, worker: worker)
            let workflows = harness.service.workflows
            func settle(_ node: Int) async throws {
                let tasks = claimed.filter { $0.node?.index == node }
                _ = try await database.write {
                    try Settle.settle(tasks.map { .init(task: $0, output: "1") }, [], workflows, now: 2, on: $0)
                }
            }
            try await settle(0)
            // As a binary from before might have left it.
            let deep = Self.nested(1000)
            try await database.write { connection in
                _ = try connection.execute(
                    "UPDATE task_results SET output = \(deep) WHERE task_id IN (SELECT id FROM tasks WHERE run_id = \(bad))")
            }
            try await settle(1)
            #expect(try await database.states(of: bad) == [.succeeded, .succeeded, .failed, .queued])
            #expect(try await database.states(of: good) == [.succeeded, .succeeded, .queued, .queued])
            let failed = try await database.nodes(of: bad)[2]
            #expect(failed.errorCode == "unreadable_value")
            #expect(failed.errorMessage?.contains("node 'reader': the output of node 'a'") == true)
        }
    }
}

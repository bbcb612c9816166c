import JSONText
import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

@Suite("Parallel nodes", .timeLimit(.minutes(2)))
struct OverlapTests {
    /// Handlers of one level of a run wait here until all of them have begun.
    private final class Meeting: Sendable {
        private let begun = Mutex<[String: TestSignal<Void>]>([:])

        func attend(_ level: String, _ count: Int) async throws {
            let signal = begun.withLock { begun in
                let signal = begun[level] ?? TestSignal<Void>()
                begun[level] = signal
                return signal
            }
            signal.send()
            try await signal.wait(for: count)
        }
    }

    @Test("nodes of one level of a random graph run at the same time", arguments: DatabaseKind.available)
    func overlap(kind: DatabaseKind) async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("parallel nodes on \(kind): seed \(seed)")
        var random = SeededRandom(seed: seed)
        try await withDatabase(kind) { database in
            let meeting = Meeting()
            let harness = try await RunHarness(database, slots: 60) { registry in
                registry.register(name: "test.meet") { input, _ in
                    let input = try JSONDocument(parsing: input).root
                    try await meeting.attend(input["level"]?.string ?? "", Int(input["count"]?.int64 ?? 0))
                    return nil
                }
            }
            var runs: [Int64] = []
            for index in 0..<4 {
                let nodes = Int.random(in: 5...15, using: &random)
                let graph = RandomRunTests.Graph(nodes: nodes, using: &random)
                try await harness.register(Self.text("meet-\(index)", graph.parents))
                runs.append(try await harness.start("meet-\(index)"))
            }
            try await harness.engine.run { _ async throws in
                // Each handler comes back only when all of its level have begun.
                for run in runs { #expect(try await harness.end(of: run) == .succeeded, "seed \(seed)") }
            }
        }
    }

    private static func text(_ name: String, _ parents: [[Int]]) -> String {
        var levels: [Int] = []
        for above in parents { levels.append(above.map { levels[$0] + 1 }.max() ?? 0) }
        let nodes = parents.indices.map { node in
            let count = levels.count { $0 == levels[node] }
            return """
                {"id": "n\(node)", "task": "test.meet", "depends_on": [\(parents[node].map { #""n\#($0)""# }.joined(separator: ","))],
                 "retry": {"max_retries": 0}, "input": {"level": "\(name) \(levels[node])", "count": \(count)}}
                """
        }
        return #"{"name": "\#(name)", "nodes": [\#(nodes.joined(separator: ","))]}"#
    }

    @Test("a child run follows the definition that is the latest when its turn comes", arguments: DatabaseKind.available)
    func latestChild(kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let harness = try await RunHarness(database) { $0.register(name: "test.sample") { _, _ in nil } }
            func inner(_ word: String) -> String { #"{"name": "inner", "nodes": [{"id": "\#(word)", "task": "test.sample"}]}"# }
            try await harness.register(inner("old"))
            try await harness.register(
                """
                {"name": "outer", "nodes": [{"id": "early", "workflow": {"name": "inner"}}, {"id": "first", "task": "test.sample", "priority": 0},
                    {"id": "late", "workflow": {"name": "inner"}, "depends_on": ["first"]},
                    {"id": "pinned", "workflow": {"name": "inner@1"}, "depends_on": ["first"]}]}
                """)
            let run = try await harness.start("outer")
            try await harness.register(inner("new"))
            let first = try await database.claim(worker: worker)
            #expect(first.map(\.node?.run) == [run])
            let workflows = harness.service.workflows
            _ = try await database.write { try Settle.settle(first.map { .init(task: $0) }, [], workflows, now: 9, on: $0) }
            let versions = try await database.read { connection in
                try connection.rows(
                    """
                    SELECT w.workflow_version FROM workflow_runs AS w JOIN tasks AS t ON t.id = w.parent_task WHERE t.run_id = \(run) ORDER BY t.node
                    """
                ) { $0.int(0) }
            }
            #expect(versions == [1, 2, 1])
        }
    }
}

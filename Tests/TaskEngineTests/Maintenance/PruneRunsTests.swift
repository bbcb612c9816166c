import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Runs that ended long ago", .timeLimit(.minutes(2)))
struct PruneRunsTests {
    private static let list = """
        {"name": "list", "parameters": [{"name": "list", "type": "array"}],
            "nodes": [{"id": "each", "task": "test.sample", "foreach": "${params.list}"}, {"id": "after", "task": "test.sample", "depends_on": ["each"]}]}
        """

    /// Every table that holds something of runs or their tasks.
    private func rows(_ database: any Database) async throws -> [Int] {
        let counted: [SQL] = [
            "SELECT COUNT(*) FROM workflow_runs", "SELECT COUNT(*) FROM workflow_events", "SELECT COUNT(*) FROM tasks",
            "SELECT COUNT(*) FROM task_payloads", "SELECT COUNT(*) FROM task_results", "SELECT COUNT(*) FROM attempts",
            "SELECT COUNT(*) FROM task_logs", "SELECT COUNT(*) FROM task_progress",
        ]
        var counts: [Int] = []
        for sql in counted { counts.append(try await database.count(sql)) }
        return counts
    }

    @Test("a run goes with all that is theirs, in pieces, and nothing else does", arguments: DatabaseKind.available)
    func everything(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let harness = try await RunHarness(database) { $0.register(name: "test.sample") { _, _ in nil } }
            try await harness.register(Self.list)
            // Beside it a task, and a run that ended later.
            _ = try await database.submit(.sample(), now: 1)
            let younger = try await harness.start("list", params: #"{"list": [1]}"#)
            _ = try await harness.service.kill(run: younger, tenant: RunHarness.tenant)
            let before = try await rows(database)
            let elements = (0..<PruneTasks.largestSlice + 20).map(String.init).joined(separator: ",")
            let run = try await harness.start("list", params: "{\"list\": [\(elements)]}")
            _ = try await harness.service.send("none", data: "1", to: run, tenant: RunHarness.tenant)
            let claimed = try await database.claim(20, worker: worker).filter { $0.node?.run == run }
            let workflows = harness.service.workflows
            try await database.write { connection in
                try JournalWrites.insert(
                    claimed.map { .init(task: $0.id, attempt: 1, level: "info", message: "m", at: 5) }, now: 5, on: connection)
                _ = try Settle.settle(claimed.map { .init(task: $0, output: "1") }, [], workflows, now: 5, on: connection)
            }
            #expect(try await database.write { try PruneRuns.prune(run, endedBefore: .max, on: $0) } == nil, "it has not ended")
            _ = try await harness.service.kill(run: run, tenant: RunHarness.tenant)
            try await database.write { _ = try $0.execute("UPDATE workflow_runs SET finished_at = 10 WHERE id = \(run)") }
            #expect(try await database.write { try PruneRuns.prune(run, endedBefore: 10, on: $0) } == nil, "it is not old enough")
            #expect(try await database.read { try PruneRuns.candidates(above: 0, endedBefore: 11, on: $0).runs } == [run])
            var pieces = 0
            while let result = try await database.write({ try PruneRuns.prune(run, endedBefore: 11, on: $0) }) {
                pieces += 1
                #expect(result.tasks <= PruneTasks.largestSlice)
                let left = try await database.count("SELECT COUNT(*) FROM tasks WHERE run_id = \(run)")
                #expect(result.isGone == (left == 0), "the run goes with its last tasks")
            }
            #expect(pieces >= 2)
            #expect(try await rows(database) == before)
        }
    }

    @Test("a run of which a part is deleted is not retried any more", arguments: DatabaseKind.available)
    func halfGone(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database) { $0.register(name: "test.sample") { _, _ in nil } }
            try await harness.register(Self.list)
            let elements = (0..<PruneTasks.largestSlice + 20).map(String.init).joined(separator: ",")
            let run = try await harness.start("list", params: "{\"list\": [\(elements)]}")
            _ = try await harness.service.kill(run: run, tenant: RunHarness.tenant)
            let piece = try await database.write { try PruneRuns.prune(run, endedBefore: .max, on: $0) }
            #expect(piece?.isGone == false && piece?.tasks == PruneTasks.largestSlice)
            guard case .pruned = try await harness.service.retry(run: run, tenant: RunHarness.tenant) else {
                Issue.record("it was retried")
                return
            }
            #expect(try await database.run(run).state == .cancelled)
        }
    }

    @Test("a run that was retried after it was found stays", arguments: DatabaseKind.available)
    func retried(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database) { $0.register(name: "test.sample") { _, _ in nil } }
            try await harness.register(Self.list)
            let run = try await harness.start("list", params: #"{"list": [1]}"#)
            _ = try await harness.service.kill(run: run, tenant: RunHarness.tenant)
            _ = try await harness.service.retry(run: run, tenant: RunHarness.tenant)
            #expect(try await database.write { try PruneRuns.prune(run, endedBefore: .max, on: $0) } == nil)
            #expect(try await database.states(of: run) == [.waiting, .waiting])
        }
    }
}

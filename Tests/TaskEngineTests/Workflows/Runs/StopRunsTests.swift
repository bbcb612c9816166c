import Storage
import TaskEngine
import TestSupport
import Testing

/// Runs with more tasks than one transaction ends.
@Suite("Ending runs in pieces", .timeLimit(.minutes(5)))
struct StopRunsTests {
    private static let inner = """
        {"name": "inner", "nodes": [{"id": "x", "task": "demo.noop"}, {"id": "y", "task": "demo.noop", "depends_on": ["x"]},
            {"id": "z", "sleep": {"ms": 1000}, "depends_on": ["y"]}]}
        """
    private static let outer = """
        {"name": "outer", "timeout_ms": 1000, "nodes": [
            {"id": "a", "task": "demo.noop"},
            {"id": "each", "task": "demo.noop", "foreach": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "concurrency": 7},
            {"id": "in", "workflow": {"name": "inner"}},
            {"id": "b", "task": "demo.noop", "depends_on": ["a"]},
            {"id": "c", "task": "demo.noop", "depends_on": ["a", "each", "in"]}]}
        """

    /// How a run is ended.
    enum Way: CaseIterable {
        case killed, late
    }

    private static func workflows(_ mostStops: Int) -> Workflows {
        var limits = RunLimits()
        limits.mostStops = mostStops
        return Workflows(limits: limits)
    }

    private func start(_ database: any Database, _ workflows: Workflows) async throws -> Int64 {
        let harness = try await RunHarness(database)
        try await harness.register(Self.inner)
        try await harness.register(Self.outer)
        let result = try await database.write {
            try StartRun.start(.init(workflow: "outer"), tenant: RunHarness.tenant, workflows, now: 1, on: $0)
        }
        guard case .started(let run, _) = result else { throw FixtureError("it was not started") }
        return run
    }

    private func end(_ run: Int64, _ way: Way, _ workflows: Workflows, _ database: any Database) async throws {
        try await database.write { connection in
            switch way {
            case .killed: _ = try KillRun.kill(run, tenant: nil, as: .cancelled, reason: "enough", workflows, now: 2, on: connection)
            case .late:
                _ = try ExpireRuns.expire(ExpireRuns.late(now: 2_000_000, on: connection), now: 2_000_000, workflows, on: connection)
            }
        }
    }

    /// - Returns: how many pieces there were.
    private func stopAll(_ workflows: Workflows, _ database: any Database) async throws -> Int {
        var pieces = 0
        while true {
            let before = try await touched(database)
            let found = try await database.write { connection in
                let runs = try StopRuns.next(on: connection)
                if !runs.isEmpty { _ = try StopRuns.stop(runs, workflows, now: 3, on: connection) }
                return runs.count
            }
            if found == 0 { return pieces }
            pieces += 1
            // Beside the piece itself, nodes end with the last of their elements.
            #expect(try await touched(database) - before <= 4 + 3)
            #expect(try await Doctor(database: database, now: { 1000 }, pause: {}).examine().isClean)
        }
    }

    private func touched(_ database: any Database) async throws -> Int {
        try await database.count("SELECT COUNT(*) FROM tasks WHERE cancel_requested_at IS NOT NULL OR finished_at IS NOT NULL")
    }

    private static let all = DatabaseKind.available.flatMap { kind in Way.allCases.map { (kind, $0) } }

    @Test("each transaction ends a piece, child runs too, and the run ends with the last of what ran", arguments: all)
    func pieces(kind: DatabaseKind, way: Way) async throws {
        try await withWorker(kind) { database, worker in
            let workflows = Self.workflows(4)
            let run = try await start(database, workflows)
            let claimed = try await database.claim(1, worker: worker)
            try await end(run, way, workflows, database)
            #expect(try await touched(database) <= 4)
            #expect(try await database.run(run).finishedAt == nil)
            #expect(try await stopAll(workflows, database) >= 4)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE state = 'running'") == 1)
            let left = try await database.count(
                "SELECT COUNT(*) FROM tasks WHERE state IN ('scheduled', 'queued') OR (state = 'waiting' AND element IS NOT NULL)")
            #expect(left == 0)
            #expect(try await database.run(run).unfinished == 1)
            let endings = claimed.map { EndAttempts.Ending(task: $0, next: .cancel, outcome: .cancelled, error: nil) }
            _ = try await database.write { try Settle.settle([], endings, workflows, now: 4, on: $0) }
            #expect(try await database.run(run).state == (way == .killed ? .cancelled : .timedOut))
            #expect(try await database.count("SELECT COUNT(*) FROM workflow_runs WHERE state = 'cancelled'") == (way == .killed ? 2 : 1))
            #expect(try await database.count("SELECT COUNT(*) FROM workflow_runs WHERE finished_at IS NULL OR stop_node IS NOT NULL") == 0)
        }
    }

    @Test("a run of a usual size is ended in one transaction", arguments: all)
    func whole(kind: DatabaseKind, way: Way) async throws {
        try await withWorker(kind) { database, _ in
            let workflows = Self.workflows(5000)
            let run = try await start(database, workflows)
            try await end(run, way, workflows, database)
            #expect(try await database.run(run).finishedAt != nil)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE state <> 'cancelled'") == 0)
            #expect(try await stopAll(workflows, database) == 0)
        }
    }

    @Test("what is left of an ending does not end a run that was brought back", arguments: DatabaseKind.available)
    func broughtBack(kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let harness = try await RunHarness(database)
            try await harness.register(#"{"name": "two", "nodes": [{"id": "a", "task": "demo.noop"}, {"id": "b", "task": "demo.noop"}]}"#)
            let run = try await harness.start("two")
            let workflows = Self.workflows(1)
            let claimed = try await database.claim(2, worker: worker)
            try await end(run, .killed, workflows, database)
            let endings = claimed.map { EndAttempts.Ending(task: $0, next: .fail, outcome: .failed, error: nil) }
            _ = try await database.write { try Settle.settle([], endings, workflows, now: 3, on: $0) }
            #expect(try await database.run(run).state == .cancelled)
            guard case .retried(2, _) = try await harness.service.retry(run: run, tenant: RunHarness.tenant) else {
                Issue.record("it was not retried")
                return
            }
            #expect(try await stopAll(workflows, database) == 1)
            #expect(try await database.states(of: run) == [.queued, .queued])
        }
    }

    @Test("a run that cannot be read does not keep others past their time limit", arguments: DatabaseKind.available)
    func unreadable(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            for name in ["bad", "good"] {
                try await harness.register(
                    #"{"name": "\#(name)", "timeout_ms": 1, "nodes": [{"id": "nap", "sleep": {"ms": 600000}}]}"#)
            }
            let (bad, good) = (try await harness.start("bad"), try await harness.start("good"))
            _ = try await database.write { try $0.execute("UPDATE workflows SET digest = 'x', definition = '{}' WHERE name = 'bad'") }
            try await harness.engine.run { _ async throws in
                #expect(try await harness.end(of: good) == .timedOut)
            }
            #expect(try await database.run(bad).finishedAt == nil)
        }
    }

    @Test("plans are kept by their bytes as well as by their nodes")
    func plans() throws {
        func text(_ name: String) -> String {
            #"{"name":"\#(name)","nodes":[{"id":"a","task":"t","input":"\#(String(repeating: "x", count: 1000))"}]}"#
        }
        let plans = WorkflowPlans(mostNodes: 100, mostBytes: 2500)
        for name in ["a", "b"] { _ = try plans.plan(digest: name, text: text(name)) }
        #expect(plans.count == 2)
        _ = try plans.plan(digest: "c", text: text("c"))
        #expect(plans.count == 1)
    }
}

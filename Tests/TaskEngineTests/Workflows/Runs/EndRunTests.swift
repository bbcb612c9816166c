import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Killing, time limits and retries of runs", .timeLimit(.minutes(5)))
struct EndRunTests {
    private static let long = """
        {"name": "long", "nodes": [
            {"id": "first", "task": "demo.noop"},
            {"id": "busy", "task": "demo.sleep", "input": {"ms": 600000}, "depends_on": ["first"]},
            {"id": "later", "task": "demo.noop", "depends_on": ["busy"]},
            {"id": "each", "task": "demo.sleep", "input": {"ms": 600000}, "foreach": [1, 2, 3], "concurrency": 1, "depends_on": ["first"]},
            {"id": "nap", "sleep": {"ms": 600000}, "depends_on": ["first"]},
            {"id": "in", "workflow": {"name": "inner"}, "depends_on": ["first"]}]}
        """
    private static let inner = #"{"name": "inner", "nodes": [{"id": "deep", "task": "demo.sleep", "input": {"ms": 600000}}]}"#

    /// A run of ``long`` that is in the middle of everything.
    private func startLong(_ harness: RunHarness) async throws -> Int64 {
        try await harness.register(Self.inner)
        try await harness.register(Self.long)
        let run = try await harness.start("long")
        try await eventually("all is under way") {
            try await harness.engine.database.count("SELECT COUNT(*) FROM tasks WHERE state = 'running'") == 3
        }
        return run
    }

    @Test("a killed run cancels what waits and what runs, and its child runs", arguments: DatabaseKind.available)
    func kill(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let run = try await startLong(harness)
                guard case .unknown = try await harness.service.kill(run: run, tenant: "initech") else {
                    Issue.record("another tenant killed it")
                    return
                }
                guard case .killed = try await harness.service.kill(run: run, tenant: RunHarness.tenant, reason: "enough") else {
                    Issue.record("it was not killed")
                    return
                }
                #expect(try await harness.end(of: run) == .cancelled)
                #expect(
                    try await database.states(of: run) == [.succeeded, .cancelled, .cancelled, .cancelled, .cancelled, .cancelled])
                #expect(try await database.count("SELECT COUNT(*) FROM workflow_runs WHERE state = 'cancelled'") == 2)
                #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE state <> 'cancelled'") == 1)
                guard case .finished(.cancelled) = try await harness.service.kill(run: run, tenant: RunHarness.tenant) else {
                    Issue.record("it was killed twice")
                    return
                }
            }
        }
    }

    @Test("a run that has not begun is killed at once, and then runs when it is retried", arguments: DatabaseKind.available)
    func killPending(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.register(
                #"{"name": "w", "nodes": [{"id": "a", "task": "demo.noop"}, {"id": "b", "task": "demo.noop", "depends_on": ["a"]}]}"#)
            let run = try await harness.start("w")
            guard case .refused(.pending) = try await harness.service.retry(run: run, tenant: RunHarness.tenant) else {
                Issue.record("a run that has not ended was retried")
                return
            }
            _ = try await harness.service.kill(run: run, tenant: RunHarness.tenant)
            #expect(try await database.run(run).state == .cancelled)
            #expect(try await database.states(of: run) == [.cancelled, .cancelled])
            guard case .retried(2, _) = try await harness.service.retry(run: run, tenant: RunHarness.tenant) else {
                Issue.record("it was not retried")
                return
            }
            try await harness.engine.run { _ async throws in
                #expect(try await harness.end(of: run) == .succeeded)
                guard case .refused(.succeeded) = try await harness.service.retry(run: run, tenant: RunHarness.tenant) else {
                    Issue.record("a run that succeeded was retried")
                    return
                }
            }
        }
    }

    @Test(
        "a run that was killed while its last node was on its way to success has nothing left to retry", arguments: DatabaseKind.available)
    func nothingLeft(kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let harness = try await RunHarness(database)
            try await harness.register(#"{"name": "w", "nodes": [{"id": "a", "task": "demo.noop"}]}"#)
            let run = try await harness.start("w")
            let claimed = try await database.claim(1, worker: worker)
            _ = try await harness.service.kill(run: run, tenant: RunHarness.tenant)
            let workflows = harness.service.workflows
            _ = try await database.write { try Settle.settle(claimed.map { .init(task: $0) }, [], workflows, now: 2, on: $0) }
            #expect(try await database.run(run).state == .cancelled)
            #expect(try await database.states(of: run) == [.succeeded])
            guard case .nothingLeft = try await harness.service.retry(run: run, tenant: RunHarness.tenant) else {
                Issue.record("it was retried")
                return
            }
            #expect(try await database.run(run).state == .cancelled)
        }
    }

    @Test("a run ends as timed out at its time limit", arguments: DatabaseKind.available)
    func deadline(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "timeout_ms": 150, "nodes": [{"id": "a", "task": "demo.sleep", "input": {"ms": 600000}},
                        {"id": "b", "task": "demo.noop", "depends_on": ["a"]}]}
                    """)
                #expect(state == .timedOut)
                #expect(try await database.states(of: run) == [.cancelled, .cancelled])
            }
        }
    }

    @Test("a retry runs what failed and what was skipped, and nothing that succeeded", arguments: DatabaseKind.available)
    func retry(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "nodes": [
                        {"id": "good", "task": "demo.clock"},
                        {"id": "bad", "task": "demo.fail", "input": {"message": "m", "times": 2}, "retry": {"max_retries": 0}, "depends_on": ["good"]},
                        {"id": "below", "task": "demo.noop", "depends_on": ["bad"]},
                        {"id": "joined", "task": "demo.echo", "depends_on": ["below"], "input": "${nodes.good.output}"}]}
                    """)
                #expect(state == .failed)
                let before = try await database.nodes(of: run)
                for expected in [RunState.failed, .succeeded] {
                    guard case .retried(3, _) = try await harness.service.retry(run: run, tenant: RunHarness.tenant) else {
                        Issue.record("three nodes were to run again")
                        return
                    }
                    #expect(try await harness.end(of: run) == expected)
                }
                let after = try await database.nodes(of: run)
                #expect(after[0] == before[0] && after.map(\.attempt) == [1, 3, 1, 1])
                #expect(after[3].output == before[0].output)
                let stored = try await database.run(run)
                #expect(stored.unfinished == 0 && stored.failed == 0 && stored.flawed == 0)
            }
        }
    }

    @Test(
        "a node that is cancelled by itself skips what depends on it; its task cannot be retried alone", arguments: DatabaseKind.available)
    func cancelOne(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.register(
                """
                {"name": "w", "nodes": [{"id": "a", "task": "demo.noop"}, {"id": "b", "task": "demo.noop", "depends_on": ["a"]},
                    {"id": "c", "task": "demo.noop"}]}
                """)
            let run = try await harness.start("w")
            let task = try await database.nodes(of: run)[0].task
            guard case .cancelled = try await harness.engine.service.cancel(task: task, tenant: RunHarness.tenant) else {
                Issue.record("it was not cancelled")
                return
            }
            #expect(try await database.states(of: run) == [.cancelled, .skipped, .queued])
            #expect(try await harness.engine.service.redrive(task: task, tenant: RunHarness.tenant) == .node(run: run))
            try await harness.engine.run { _ async throws in
                let state = try await harness.end(of: run)
                #expect(state == .failed)
            }
        }
    }

    @Test("a node whose worker dies runs again, and fails its run when it has died too often", arguments: DatabaseKind.available)
    func rescue(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.register(
                #"{"name": "w", "nodes": [{"id": "a", "task": "demo.noop"}, {"id": "b", "task": "demo.noop", "depends_on": ["a"]}]}"#)
            let run = try await harness.start("w")
            for loss in 1...3 {
                let worker = try await database.insertWorker("w\(loss)")
                #expect(try await database.claim(worker: worker).count == 1)
                let changes = try #require(try await database.rescue(worker, now: 50))
                #expect(changes.map(\.state) == (loss < 3 ? [.queued] : [.failed, .skipped]))
            }
            let stored = try await database.run(run)
            #expect(stored.state == .failed && stored.failed == 1 && stored.flawed == 2 && stored.unfinished == 0)
        }
    }
}

import Storage
import TaskEngine
import TestSupport
import Testing

/// One run with a node in every state that a node can be in, killed, and the answers of the workers that come after.
@Suite("A run is killed with nodes in every state", .timeLimit(.minutes(2)))
struct KillStateTests {
    /// What becomes of what ran at the moment of the kill.
    enum Answer: String, CaseIterable, Sendable {
        case success, failure, retry, release, loss
    }

    private static let inner =
        #"{"name": "inner", "nodes": [{"id": "deep", "task": "test.sample"}, {"id": "far", "sleep": {"ms": 60000}}]}"#
    private static let every = """
        {"name": "every", "nodes": [
            {"id": "running", "task": "test.sample", "priority": 0},
            {"id": "done", "task": "test.sample", "priority": 1},
            {"id": "bad", "task": "test.sample", "priority": 2, "on_failure": "continue"},
            {"id": "retrying", "task": "test.sample", "priority": 3, "retry": {"max_retries": 3}},
            {"id": "list", "task": "test.sample", "priority": 4, "foreach": [1, 2], "concurrency": 1},
            {"id": "queued", "task": "test.sample", "priority": 9},
            {"id": "waiting", "task": "test.sample", "depends_on": ["running"]},
            {"id": "nap", "sleep": {"ms": 60000}},
            {"id": "event", "wait_event": {"name": "go"}},
            {"id": "child", "workflow": {"name": "inner"}},
            {"id": "never", "task": "test.sample", "when": "false"}]}
        """
    private static let before: [TaskState] = [
        .running, .succeeded, .failed, .scheduled, .waiting, .queued, .waiting, .scheduled, .scheduled, .waiting, .skipped,
    ]

    /// Claims by priority, and ends what is to have ended.
    private func prepare(_ database: any Database, _ harness: RunHarness, _ worker: Int64) async throws -> (Int64, [ClaimedTask]) {
        try await harness.register(Self.inner)
        try await harness.register(Self.every)
        let run = try await harness.start("every")
        let claimed = try await database.claim(5, worker: worker)
        _ = try await settle(
            database, harness, [.init(task: claimed[1], output: "1")],
            [
                .init(task: claimed[2], next: .fail, outcome: .failed, error: TaskError(code: "e", message: "m")),
                .init(task: claimed[3], next: .retry(at: 4_000_000_000_000_000), outcome: .failed, error: nil),
            ])
        #expect(try await database.states(of: run) == Self.before)
        return (run, [claimed[0], claimed[4]])
    }

    private func settle(
        _ database: any Database, _ harness: RunHarness, _ successes: [Complete.Success], _ endings: [EndAttempts.Ending]
    ) async throws -> [TaskChange] {
        let workflows = harness.service.workflows
        return try await database.write { try Settle.settle(successes, endings, workflows, now: 50, on: $0) }
    }

    private func answer(
        _ answer: Answer, _ tasks: [ClaimedTask], _ database: any Database, _ harness: RunHarness, _ worker: Int64
    ) async throws {
        func end(_ next: EndAttempts.Next, _ outcome: AttemptOutcome?) async throws {
            _ = try await settle(database, harness, [], tasks.map { .init(task: $0, next: next, outcome: outcome, error: nil) })
        }
        switch answer {
        case .success: _ = try await settle(database, harness, tasks.map { .init(task: $0, output: "1") }, [])
        case .failure: try await end(.fail, .failed)
        case .retry: try await end(.retry(at: 60), .failed)
        case .release: try await end(.release(at: 50), .interrupted)
        case .loss:
            let workflows = harness.service.workflows
            _ = try await database.write { try Rescue.rescue(worker: worker, beat: nil, workflows, now: 50, on: $0) }
        }
    }

    @Test("nothing of it begins any more, it ends with what ran, and a retry runs all that did not succeed", arguments: Answer.allCases)
    func kill(_ how: Answer) async throws {
        for kind in DatabaseKind.available {
            try await withWorker(kind) { database, worker in
                let harness = try await RunHarness(database) { $0.register(name: "test.sample") { _, _ in nil } }
                let (run, running) = try await prepare(database, harness, worker)
                guard case .killed(let end) = try await harness.service.kill(run: run, tenant: RunHarness.tenant) else {
                    Issue.record("it was not killed")
                    return
                }
                #expect(Set(end.cancels) == Set(running.map(\.id)))
                #expect(try await database.claim(10, worker: worker).isEmpty)
                #expect(try await database.run(run).state == .running)
                try await answer(how, running, database, harness, worker)
                // What succeeded although it was told to stop has succeeded.
                let own: TaskState = how == .success ? .succeeded : .cancelled
                #expect(
                    try await database.states(of: run) == [
                        own, .succeeded, .failed, .cancelled, .cancelled, .cancelled, .cancelled, .cancelled, .cancelled, .cancelled,
                        .skipped,
                    ])
                #expect(try await database.run(run).state == .cancelled)
                #expect(try await database.count("SELECT COUNT(*) FROM workflow_runs WHERE state <> 'cancelled'") == 0)
                #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE finished_at IS NULL") == 0)
                #expect(try await database.read { try Doctor.look(now: 60, on: $0) }.map(\.detail) == [])
                guard case .retried(let nodes, _) = try await harness.service.retry(run: run, tenant: RunHarness.tenant) else {
                    Issue.record("it was not retried")
                    return
                }
                #expect(nodes == (how == .success ? 9 : 10))
                let queued: TaskState = how == .success ? .succeeded : .queued
                #expect(
                    try await database.states(of: run) == [
                        queued, .succeeded, .queued, .queued, .waiting, .queued, how == .success ? .queued : .waiting, .scheduled,
                        .scheduled,
                        .waiting, .skipped,
                    ])
                #expect(try await database.read { try Doctor.look(now: 60, on: $0) }.map(\.detail) == [])
            }
        }
    }
}

import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("What a retry keeps of a run", .timeLimit(.minutes(5)))
struct RetryRunTests {
    /// A list behind a node whose failure does not count.
    private static let list = """
        {"name": "w", "nodes": [
            {"id": "shaky", "task": "demo.echo", "input": [7, 8, 9], "on_failure": "continue"},
            {"id": "each", "task": "demo.echo", "depends_on": ["shaky"], "foreach": [1, 2], "input": "${item}"},
            {"id": "after", "task": "demo.echo", "depends_on": ["each"], "input": "${nodes.each.output}"}]}
        """

    private func settle(
        _ successes: [ClaimedTask] = [], output: String? = nil, failures: [ClaimedTask] = [], _ harness: RunHarness
    ) async throws {
        let workflows = harness.service.workflows
        let error = TaskError(code: "e", message: "m")
        _ = try await harness.engine.database.write { connection in
            try Settle.settle(
                successes.map { .init(task: $0, output: output) },
                failures.map { .init(task: $0, next: .fail, outcome: .failed, error: error) }, workflows, now: 2, on: connection)
        }
    }

    @Test("a list below a node that runs again begins anew, and nothing of the old one is left", arguments: DatabaseKind.available)
    func listBelow(kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let harness = try await RunHarness(database)
            try await harness.register(Self.list)
            let run = try await harness.start("w")
            try await settle(failures: try await database.claim(worker: worker), harness)
            try await settle(try await database.claim(1, worker: worker), output: #""old""#, harness)
            #expect(try await database.nodes(of: run, elements: true).map(\.state) == [.failed, .waiting, .succeeded, .queued, .waiting])
            _ = try await harness.service.kill(run: run, tenant: RunHarness.tenant)
            guard case .retried(3, _) = try await harness.service.retry(run: run, tenant: RunHarness.tenant) else {
                Issue.record("three nodes were to run again")
                return
            }
            #expect(try await database.nodes(of: run, elements: true).map(\.state) == [.queued, .waiting, .waiting])
            #expect(try await database.count("SELECT task_count FROM workflow_runs") == 3)
            #expect(try await database.count("SELECT COUNT(*) FROM task_results") == 0)
            #expect(try await Doctor(database: database, now: { 1000 }, pause: {}).examine().isClean)

            try await settle(try await database.claim(worker: worker), output: "[]", harness)
            let elements = try await database.claim(9, worker: worker)
            #expect(elements.count == 2)
            try await settle(elements, output: #""new""#, harness)
            #expect(try await database.nodes(of: run)[1].output == #"["new","new"]"#)
            try await settle(try await database.claim(worker: worker), harness)
            #expect(try await database.run(run).state == .succeeded)
            #expect(try await database.count("SELECT task_count FROM workflow_runs") == 5)
        }
    }

    @Test("a run is started again by its own definition, whatever its name has come to mean", arguments: DatabaseKind.available)
    func restart(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            let builtIn = #"{"name": "w", "nodes": [{"id": "builtin", "task": "demo.noop"}]}"#
            guard case .registered = try await harness.service.register(builtIn, tenant: "") else { throw FixtureError("refused") }
            let run = try await harness.start("w")
            try await harness.register(#"{"name": "w", "nodes": [{"id": "own", "task": "demo.noop"}]}"#)
            guard case .started(let again, _) = try await harness.service.restart(run: run, tenant: RunHarness.tenant) else {
                Issue.record("it was not started again")
                return
            }
            let own = try await harness.start("w")
            let definitions = try await database.read { connection in
                try connection.rows("SELECT id, definition FROM workflow_runs") { ($0.int(0), $0.int(1)) }
            }
            let definition = Dictionary(uniqueKeysWithValues: definitions)
            #expect(definition[again] == definition[run] && definition[own] != definition[run])
            #expect(try await harness.service.restart(run: run, tenant: "initech") == nil)
        }
    }

    @Test("an element that fails waits as its node says, on a process that knows nothing of the run", arguments: DatabaseKind.available)
    func elementAgain(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            var settings = EngineSettings.forTests
            settings.retry = .exponentialJitter(maxRetries: 1, base: .seconds(600), cap: .seconds(600))
            let harness = try await RunHarness(database, settings: settings) { registry in
                registry.register(name: "test.shaky") { _, context in
                    if context.attempt == 1 { throw FixtureError("not yet") }
                    return nil
                }
            }
            // Started before the engine runs, so that all it knows of the run is what it reads.
            try await harness.register(
                """
                {"name": "w", "nodes": [{"id": "each", "task": "test.shaky", "foreach": [1, 2],
                    "retry": {"max_retries": 1, "base_ms": 1, "cap_ms": 1}}]}
                """)
            let run = try await harness.start("w")
            try await harness.engine.run { _ in
                let state = try await harness.end(of: run)
                #expect(state == .succeeded)
            }
        }
    }
}

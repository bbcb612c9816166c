import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Workflow runs", .timeLimit(.minutes(5)))
struct RunTests {
    private static let diamond = """
        {"name": "diamond", "parameters": [{"name": "target", "type": "string", "required": true}], "nodes": [
            {"id": "scan", "task": "demo.echo", "input": {"target": "${params.target}", "found": [1, 2, 3]}},
            {"id": "compliance", "task": "demo.echo", "depends_on": ["scan"], "input": {"first": "${nodes.scan.output.found[0]}"}},
            {"id": "summary", "task": "demo.echo", "depends_on": ["scan"], "input": "${nodes.scan.output.target} of run ${run.id}"},
            {"id": "outputs", "task": "demo.echo", "depends_on": ["compliance", "summary"],
             "input": {"c": "${nodes.compliance.output}", "s": "${nodes.summary.output}"}}]}
        """

    @Test("a diamond runs level by level and hands outputs on", arguments: DatabaseKind.available)
    func diamond(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(Self.diamond, params: #"{"target": "db-1"}"#)
                #expect(state == .succeeded)
                let nodes = try await database.nodes(of: run)
                #expect(nodes.map(\.state) == [.succeeded, .succeeded, .succeeded, .succeeded])
                #expect(nodes[3].output == #"{"c":{"first":1},"s":"db-1 of run \#(run)"}"#)
                let stored = try await database.run(run)
                #expect(stored.unfinished == 0 && stored.flawed == 0 && stored.failed == 0 && stored.finishedAt != nil)
                #expect(try await database.count("SELECT COUNT(*) FROM rollup WHERE outcome = 'succeeded' AND count = 1") == 1)
            }
        }
    }

    @Test("a failed node skips what depends on it and lets the rest go on", arguments: DatabaseKind.available)
    func failure(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "nodes": [
                        {"id": "bad", "task": "demo.fail", "input": {"message": "no", "permanent": true}},
                        {"id": "good", "task": "demo.noop"},
                        {"id": "below", "task": "demo.noop", "depends_on": ["bad"]},
                        {"id": "further", "task": "demo.noop", "depends_on": ["below"]},
                        {"id": "joined", "task": "demo.noop", "depends_on": ["good", "bad"]},
                        {"id": "beside", "task": "demo.noop", "depends_on": ["good"]}]}
                    """)
                #expect(state == .failed)
                #expect(try await database.states(of: run) == [.failed, .succeeded, .skipped, .skipped, .skipped, .succeeded])
                let nodes = try await database.nodes(of: run)
                #expect(nodes.map(\.errorCode) == ["demo_failure", nil, "parent_failed", "parents_skipped", "parent_failed", nil])
                #expect(try await database.run(run).failed == 1)
            }
        }
    }

    @Test("a failure that does not count lets the nodes below run with null", arguments: DatabaseKind.available)
    func onFailureContinue(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "nodes": [
                        {"id": "bad", "task": "demo.fail", "input": {"message": "no", "permanent": true}, "on_failure": "continue"},
                        {"id": "below", "task": "demo.echo", "depends_on": ["bad"], "input": {"was": "${nodes.bad.output.x}"}}]}
                    """)
                #expect(state == .succeeded)
                #expect(try await database.nodes(of: run).last?.output == #"{"was":null}"#)
            }
        }
    }

    @Test("a condition decides whether a node runs, and a join runs when one of its parents did", arguments: DatabaseKind.available)
    func conditions(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "parameters": [{"name": "n", "type": "integer", "default": 3}], "nodes": [
                        {"id": "a", "task": "demo.echo", "input": {"n": "${params.n}"}},
                        {"id": "many", "task": "demo.noop", "depends_on": ["a"], "when": "nodes.a.output.n > 2"},
                        {"id": "few", "task": "demo.noop", "depends_on": ["a"], "when": "nodes.a.output.n <= 2"},
                        {"id": "end", "task": "demo.noop", "depends_on": ["many", "few"]},
                        {"id": "never", "task": "demo.noop", "when": "params.n == 4"},
                        {"id": "wrong", "task": "demo.noop", "depends_on": ["a"], "when": "nodes.a.output.missing > 2"}]}
                    """)
                #expect(state == .failed)
                #expect(try await database.states(of: run) == [.succeeded, .succeeded, .skipped, .succeeded, .skipped, .failed])
                let nodes = try await database.nodes(of: run)
                #expect(nodes[2].errorCode == "condition_false" && nodes[5].errorCode == "expression_error")
                #expect(nodes[5].errorMessage?.contains("node 'wrong'") == true, "\(nodes[5].errorMessage ?? "")")
            }
        }
    }

    @Test("a reference that leads nowhere fails its node for good", arguments: DatabaseKind.available)
    func badReference(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "nodes": [{"id": "a", "task": "demo.echo", "input": {}},
                        {"id": "b", "task": "demo.echo", "depends_on": ["a"], "input": {"x": "${nodes.a.output.rows}"}}]}
                    """)
                #expect(state == .failed)
                let node = try #require(try await database.nodes(of: run).last)
                #expect(node.errorCode == "expression_error" && node.attempt == 1)
            }
        }
    }

    @Test("the same key answers the run that is there, for its tenant alone", arguments: DatabaseKind.available)
    func key(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.register(Self.diamond)
            let params = #"{"target": "x"}"#
            let first = try await harness.start("diamond", params: params, key: "job-1")
            let again = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<8 { group.addTask { try await harness.start("diamond", params: params, key: "job-1") } }
                return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
            }
            #expect(again == [first])
            #expect(try await database.count("SELECT COUNT(*) FROM workflow_runs") == 1)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 4)
        }
    }

    @Test("a run keeps the version it started with", arguments: DatabaseKind.available)
    func versions(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            let text = { (word: String) in
                """
                {"name": "w", "nodes": [{"id": "a", "task": "demo.noop"},
                    {"id": "b", "task": "demo.echo", "depends_on": ["a"], "input": {"word": "\(word)"}}]}
                """
            }
            try await harness.register(text("old"))
            try await harness.register(text("old"))
            #expect(try await database.count("SELECT COUNT(*) FROM workflows") == 1)
            let old = try await harness.start("w")
            try await harness.register(text("new"))
            let new = try await harness.start("w")
            try await harness.engine.run { _ async throws in
                try await harness.end(of: old)
                try await harness.end(of: new)
            }
            #expect(try await database.nodes(of: old).last?.output == #"{"word":"old"}"#)
            #expect(try await database.nodes(of: new).last?.output == #"{"word":"new"}"#)
        }
    }

    @Test("wrong parameters and unknown workflows start nothing", arguments: DatabaseKind.available)
    func refusals(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.register(Self.diamond)
            guard case .invalidParams(let problems) = try await harness.service.start(.init(workflow: "diamond"), tenant: RunHarness.tenant)
            else {
                Issue.record("a run without its parameter was started")
                return
            }
            #expect(problems.map(\.pointer) == ["/target"])
            for (name, version) in [("nope", nil), ("diamond", 2)] as [(String, Int?)] {
                let request = StartRun.Request(workflow: name, version: version, params: #"{"target": "x"}"#)
                guard case .unknownWorkflow = try await harness.service.start(request, tenant: RunHarness.tenant) else {
                    Issue.record("\(name) was started")
                    continue
                }
            }
            guard case .unknownWorkflow = try await harness.service.start(.init(workflow: "diamond"), tenant: "initech") else {
                Issue.record("another tenant's workflow was started")
                return
            }
            #expect(try await database.count("SELECT COUNT(*) FROM workflow_runs") == 0)
        }
    }
}

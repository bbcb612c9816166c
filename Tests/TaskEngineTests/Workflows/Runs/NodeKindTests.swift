import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Kinds of nodes", .timeLimit(.minutes(5)))
struct NodeKindTests {
    @Test(
        "a list runs a task for each element, never more at once than it says, and gives the outputs in order",
        arguments: DatabaseKind.available)
    func foreach(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "nodes": [
                        {"id": "list", "task": "demo.echo", "input": {"items": [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}, {"n": 5}]}},
                        {"id": "each", "task": "demo.echo", "depends_on": ["list"], "foreach": "${nodes.list.output.items}", "concurrency": 2,
                         "input": {"n": "${item.n}", "i": "${index}"}},
                        {"id": "after", "task": "demo.echo", "depends_on": ["each"], "input": "${nodes.each.output}"}]}
                    """)
                #expect(state == .succeeded)
                let expected = #"[{"n":1,"i":0},{"n":2,"i":1},{"n":3,"i":2},{"n":4,"i":3},{"n":5,"i":4}]"#
                let nodes = try await database.nodes(of: run)
                #expect(nodes.map(\.output).suffix(2) == [expected, expected])
                #expect(try await database.nodes(of: run, elements: true).count == 8)
                #expect(try await database.count("SELECT task_count FROM workflow_runs") == 8)
            }
            // Ready at once were two, and each further one when another had ended.
            let most = harness.engine.changes.values.reduce(into: (open: Set<Int64>(), most: 0)) { state, change in
                guard change.node?.element != nil else { return }
                if change.state == .queued { state.open.insert(change.id) } else if change.state.isTerminal { state.open.remove(change.id) }
                state.most = max(state.most, state.open.count)
            }.most
            #expect(most <= 4 && most >= 2)
        }
    }

    @Test("an empty list is an empty output; one that is none fails the node", arguments: DatabaseKind.available)
    func emptyList(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "parameters": [{"name": "x", "type": "object", "default": {"list": [], "word": "no"}}], "nodes": [
                        {"id": "empty", "task": "demo.noop", "foreach": "${params.x.list}"},
                        {"id": "after", "task": "demo.echo", "depends_on": ["empty"], "input": "${nodes.empty.output}"},
                        {"id": "none", "task": "demo.noop", "foreach": "${params.x.word}"}]}
                    """)
                #expect(state == .failed)
                let nodes = try await database.nodes(of: run)
                #expect(nodes.map(\.state) == [.succeeded, .succeeded, .failed])
                #expect(nodes[1].output == "[]" && nodes[2].errorCode == "expression_error")
            }
        }
    }

    @Test("elements that fail fail their node when all have ended, and a retry runs these alone again", arguments: DatabaseKind.available)
    func failedElements(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "nodes": [
                        {"id": "each", "task": "demo.fail", "foreach": [1, 3, 0], "concurrency": 1, "retry": {"max_retries": 1},
                         "input": {"message": "m", "times": "${item}"}},
                        {"id": "after", "task": "demo.noop", "depends_on": ["each"]}]}
                    """)
                #expect(state == .failed)
                var rows = try await database.nodes(of: run, elements: true)
                #expect(rows.map(\.state) == [.failed, .succeeded, .failed, .succeeded, .skipped])
                #expect(rows.map(\.attempt) == [0, 2, 2, 1, 0] && rows[0].errorCode == "elements_failed")
                guard case .retried(let count, _) = try await harness.service.retry(run: run, tenant: RunHarness.tenant) else {
                    Issue.record("it was not retried")
                    return
                }
                #expect(count == 2)
                #expect(try await harness.end(of: run) == .succeeded)
                rows = try await database.nodes(of: run, elements: true)
                #expect(rows.map(\.state) == [.succeeded, .succeeded, .succeeded, .succeeded, .succeeded])
                #expect(rows.map(\.attempt) == [0, 2, 4, 1, 1] && rows[0].output == "[null,null,null]")
            }
        }
    }

    @Test("a sleep takes its time", arguments: DatabaseKind.available)
    func sleep(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "nodes": [{"id": "s", "sleep": {"ms": 200}}, {"id": "after", "task": "demo.noop", "depends_on": ["s"]}]}
                    """)
                #expect(state == .succeeded)
                let took = try await database.count(
                    "SELECT MAX(finished_at) - MIN(created_at) FROM tasks WHERE run_id = \(run)")
                #expect(took >= 200_000)
            }
        }
    }

    private static let approval = """
        {"name": "approval", "nodes": [
            {"id": "before", "task": "demo.noop"},
            {"id": "ok", "wait_event": {"name": "approved", "timeout_ms": 60000}, "depends_on": ["before"]},
            {"id": "after", "task": "demo.echo", "depends_on": ["ok"], "input": {"by": "${nodes.ok.output.by}"}}]}
        """

    @Test("an event lets the node that waits for it go on with its data", arguments: DatabaseKind.available)
    func event(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.register(Self.approval)
            try await harness.engine.run { _ async throws in
                let run = try await harness.start("approval")
                try await eventually("the node waits") { try await database.states(of: run)[1] == .scheduled }
                #expect(try await harness.service.send("other", data: "1", to: run, tenant: RunHarness.tenant) == .kept)
                #expect(try await harness.service.send("approved", data: "1", to: run, tenant: "initech") == .unknown)
                guard
                    case .taken(1, _) = try await harness.service.send(
                        "approved", data: #"{"by": "ann"}"#, to: run, tenant: RunHarness.tenant)
                else {
                    Issue.record("nobody took the event")
                    return
                }
                #expect(try await harness.end(of: run) == .succeeded)
                #expect(try await database.nodes(of: run).last?.output == #"{"by":"ann"}"#)
                #expect(
                    try await harness.service.send("approved", data: "1", to: run, tenant: RunHarness.tenant) == .finished(.succeeded))
            }
        }
    }

    @Test("an event that comes before its node waits is not lost, and is taken once", arguments: DatabaseKind.available)
    func earlyEvent(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.register(Self.approval)
            let run = try await harness.start("approval")
            #expect(try await harness.service.send("approved", data: #"{"by": "bob"}"#, to: run, tenant: RunHarness.tenant) == .kept)
            try await harness.engine.run { _ async throws in
                #expect(try await harness.end(of: run) == .succeeded)
                #expect(try await database.nodes(of: run).last?.output == #"{"by":"bob"}"#)
                #expect(try await database.count("SELECT COUNT(*) FROM workflow_events WHERE node = 1") == 1)
            }
        }
    }

    @Test("an event that does not come in time fails its node", arguments: DatabaseKind.available)
    func eventTimeout(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "nodes": [{"id": "ok", "wait_event": {"name": "approved", "timeout_ms": 50}},
                        {"id": "after", "task": "demo.noop", "depends_on": ["ok"]}]}
                    """)
                #expect(state == .failed)
                let nodes = try await database.nodes(of: run)
                #expect(nodes.map(\.state) == [.failed, .skipped] && nodes[0].errorCode == "event_timeout")
            }
        }
    }

    @Test("a child run gives its output to its node, and its failure too", arguments: DatabaseKind.available)
    func child(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.register(
                """
                {"name": "inner", "parameters": [{"name": "x", "type": "integer", "required": true}], "nodes": [
                    {"id": "a", "task": "demo.echo", "input": {"x": "${params.x}"}},
                    {"id": "b", "task": "demo.fail", "input": {"message": "m", "permanent": true}, "when": "params.x > 10"}]}
                """)
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(
                    """
                    {"name": "outer", "parameters": [{"name": "x", "type": "integer", "default": 7}], "nodes": [
                        {"id": "in", "workflow": {"name": "inner", "params": {"x": "${params.x}"}}},
                        {"id": "after", "task": "demo.echo", "depends_on": ["in"], "input": "${nodes.in.output.a.x}"}]}
                    """)
                #expect(state == .succeeded)
                let nodes = try await database.nodes(of: run)
                #expect(nodes[0].output == #"{"a":{"x":7},"b":null}"# && nodes[1].output == "7")
                let failing = try await harness.start("outer", params: #"{"x": 11}"#)
                #expect(try await harness.end(of: failing) == .failed)
                #expect(try await database.nodes(of: failing).map(\.errorCode) == ["child_failed", "parent_failed"])
                #expect(try await database.count("SELECT COUNT(*) FROM workflow_runs WHERE parent_run IS NOT NULL") == 2)
            }
        }
    }

    @Test("a workflow that starts itself ends in an error, not in endless runs", arguments: DatabaseKind.available)
    func recursion(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ async throws in
                let (_, state) = try await harness.run(#"{"name": "again", "nodes": [{"id": "me", "workflow": {"name": "again"}}]}"#)
                #expect(state == .failed)
                #expect(try await database.count("SELECT COUNT(*) FROM workflow_runs WHERE state = 'failed'") == 11)
                #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE error_code = 'too_deep'") == 1)
            }
        }
    }
}

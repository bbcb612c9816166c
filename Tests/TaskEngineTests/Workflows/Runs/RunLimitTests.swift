import Storage
import TaskEngine
import TestSupport
import Testing

/// What a run may hold, and what is said when it would hold more.
@Suite("Limits of runs", .timeLimit(.minutes(2)))
struct RunLimitTests {
    private static let tenant = RunHarness.tenant

    /// Starts a run with a node `list…` for each count, whose list has so many elements.
    private func start(_ counts: [Int], _ workflows: Workflows, _ database: any Database) async throws -> Int64 {
        let parameters = counts.indices.map { #"{"name": "p\#($0)", "type": "array"}"# }.joined(separator: ", ")
        let nodes = counts.indices.map { #"{"id": "list\#($0)", "task": "test.sample", "foreach": "${params.p\#($0)}"}"# }
        let text = #"{"name": "lists", "parameters": [\#(parameters)], "nodes": [\#(nodes.joined(separator: ", "))]}"#
        let params = counts.enumerated().map { index, count in
            #""p\#(index)": [\#(Array(repeating: "0", count: count).joined(separator: ","))]"#
        }
        return try await database.write { connection in
            try QueueSetup.insertMissing([.init(name: "default", pool: "default", weight: 1)], now: 1, on: connection)
            guard case .accepted(let plan, _) = WorkflowDefinition.parse(text, rules: .stored) else { throw FixtureError("it is right") }
            _ = try RegisterWorkflow.register(plan.definition, tenant: Self.tenant, now: 1, on: connection)
            let request = StartRun.Request(workflow: "lists", params: "{\(params.joined(separator: ", "))}")
            guard case .started(let run, _) = try StartRun.start(request, tenant: Self.tenant, workflows, now: 1, on: connection) else {
                throw FixtureError("the run was not started")
            }
            return run
        }
    }

    @Test("a list of 10,000 elements runs, one of 10,001 fails its node and says why", arguments: DatabaseKind.available)
    func elements(_ kind: DatabaseKind) async throws {
        #expect(RunLimits().mostElements == 10_000 && RunLimits().mostTasks == 100_000)
        try await withDatabase(kind) { database in
            let run = try await start([10_000, 10_001], Workflows(), database)
            let nodes = try await database.nodes(of: run)
            #expect(nodes.map(\.state) == [.waiting, .failed])
            #expect(nodes[0].pending == 10_000)
            #expect(nodes[1].errorCode == "expression_error")
            #expect(nodes[1].errorMessage?.contains("list1") == true)
            #expect(nodes[1].errorMessage?.contains("the list has 10001 elements, at most 10000 are allowed") == true)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE run_id = \(run)") == 10_002)
            #expect(try await database.count("SELECT task_count FROM workflow_runs WHERE id = \(run)") == 10_002)
        }
    }

    @Test("a run with as many tasks as it may have fails the node that would bring more, and says why", arguments: DatabaseKind.available)
    func tasks(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            var limits = RunLimits()
            limits.mostTasks = 1003
            let run = try await start([500, 500, 1], Workflows(limits: limits), database)
            let nodes = try await database.nodes(of: run)
            #expect(nodes.map(\.state) == [.waiting, .waiting, .failed])
            #expect(nodes[2].errorCode == "too_many_tasks")
            #expect(nodes[2].errorMessage == "node 'list2': with 1 elements the run has more than 1003 tasks")
            #expect(try await database.run(run).state == .running)
        }
    }
}

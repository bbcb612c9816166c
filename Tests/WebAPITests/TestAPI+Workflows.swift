import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

/// What an engine would do to the nodes of runs.
extension TestAPI {
    /// Registers a diamond: `scan`, then `left` and `right`, then `end`.
    func registerDiamond() async throws {
        let answer = try await post("/v1/workflows", Self.diamond)
        #expect(answer.status == 201, "\(answer.text)")
    }

    static let diamond = """
        {"name": "diamond", "parameters": [{"name": "target", "type": "string", "required": true}, {"name": "depth", "type": "integer", "default": 2}],
         "nodes": [
          {"id": "scan", "task": "demo.echo", "input": {"target": "${params.target}", "depth": "${params.depth}"}},
          {"id": "left", "task": "demo.noop", "depends_on": ["scan"]},
          {"id": "right", "task": "demo.noop", "depends_on": ["scan"]},
          {"id": "end", "task": "demo.echo", "depends_on": ["left", "right"], "input": {"got": "${nodes.scan.output}"}}]}
        """

    /// Starts a run and returns its id.
    func start(_ body: String) async throws -> Int64 {
        let answer = try await post("/v1/workflow_runs", body)
        #expect(answer.status == 202, "\(answer.text)")
        return try #require(try answer.json["workflow_run_id"]?.int64)
    }

    /// Ends the next `count` nodes that are ready with success.
    func succeed(_ count: Int = 1, output: String? = nil) async throws {
        for _ in 0..<count {
            let task = try await claimOne()
            let now = clock.now
            let workflows = service.workflows
            _ = try await database.write {
                try Settle.settle([.init(task: task, output: output)], [], workflows, now: now, on: $0)
            }
        }
    }

    /// Ends the next ready node with failure.
    func fail() async throws {
        let task = try await claimOne()
        let now = clock.now
        let workflows = service.workflows
        _ = try await database.write {
            try Settle.settle(
                [], [.init(task: task, next: .fail, outcome: .failed, error: TaskError(code: "boom", message: "it broke"))], workflows,
                now: now, on: $0)
        }
    }

    func run(_ name: String) async throws -> JSONValue {
        let answer = try await get("/v1/workflow_runs/\(name)")
        #expect(answer.status == 200, "\(answer.text)")
        return try answer.json
    }

    /// States of a run's nodes by id.
    func states(_ name: String) async throws -> [String: String] {
        let nodes = try await run(name)["nodes"]?.elements ?? []
        return Dictionary(
            nodes.map { ($0["id"]?.string ?? "", $0["state"]?.string ?? "") }, uniquingKeysWith: { first, _ in first })
    }
}

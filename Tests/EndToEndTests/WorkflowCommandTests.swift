import Foundation
import JSONText
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Workflows from the command line to the end of the run", .timeLimit(.minutes(5)))
    struct WorkflowCommandTests {
        private static let diamond = """
            {"name": "diamond", "parameters": [{"name": "n", "type": "integer", "default": 1}], "nodes": [
              {"id": "scan", "task": "demo.echo", "input": {"n": "${params.n}"}},
              {"id": "left", "task": "demo.echo", "depends_on": ["scan"], "input": ["${nodes.scan.output.n}"]},
              {"id": "right", "task": "demo.noop", "depends_on": ["scan"]},
              {"id": "outputs", "task": "demo.echo", "depends_on": ["left", "right"], "input": {"left": "${nodes.left.output}"}}]}
            """
        private static let slow =
            #"{"name": "slow", "nodes": [{"id": "a", "task": "demo.sleep", "input": {"ms": 600000}}, {"id": "b", "task": "demo.noop", "depends_on": ["a"]}]}"#
        private static let shaky = """
            {"name": "shaky", "nodes": [{"id": "a", "task": "demo.noop"},
              {"id": "b", "task": "demo.fail", "depends_on": ["a"], "input": {"message": "not yet", "times": 1}, "retry": {"max_retries": 0}},
              {"id": "c", "task": "demo.noop", "depends_on": ["b"]}]}
            """

        @Test(
            "definitions are registered by command, with and without a server, and none of them when one is wrong",
            arguments: DatabaseKind.available)
        func register(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let good = try site.place.directory.write("diamond.json", Self.diamond)
                let bad = try site.place.directory.write("bad.json", #"{"name": "bad", "nodes": [{"id": "a", "task": "no.such"}]}"#)
                #expect(try await Self.run(site, ["--dry-run", good], ends: 0).lines.values == ["diamond@1 new"])
                let refused = try await Self.run(site, [good, bad], ends: 65)
                #expect(refused.errorText.contains("nodes/0/task"), "\(refused.errorText)")
                #expect(refused.lines.values.isEmpty)
                #expect(try await Self.run(site, [good], ends: 0).lines.values == ["diamond@1 new"])
                let server = try await site.serve()
                #expect(try await Self.run(site, [good], ends: 0).lines.values == ["diamond@1 unchanged"])
                #expect(try await Self.run(site, [bad], ends: 65).errorText.contains("nodes/0/task"))
                let changed = try site.place.directory.write(
                    "diamond.json", Self.diamond.replacing("\"left\", \"right\"", with: "\"left\""))
                let url = "http://127.0.0.1:\(server.port)"
                #expect(try await Self.run(site, [changed, "--url", url], ends: 0).lines.values == ["diamond@2 new"])
            }
        }

        @Test("a run is started, succeeds, is drawn and counted", arguments: DatabaseKind.available)
        func run(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let server = try await site.serve()
                _ = try await Self.run(site, [try site.place.directory.write("diamond.json", Self.diamond)], ends: 0)
                let body = #"{"workflow_id": "diamond", "params": {"n": 41}, "job_run_id": "first", "workspace_id": "w1"}"#
                try await server.api.expect(202, .post("/v1/workflow_runs/", json: body))
                try await Self.wait(server.api, "first", "succeeded")
                let run = try await server.api.expect(200, .get("/v1/workflow_runs/first")).json()
                #expect(run["output"]?["outputs"]?["left"]?.rawText == "[41]")
                #expect(run["metadata"]?["workspace_id"]?.string == "w1")
                #expect(run["nodes"]?.elements.map { $0["attempt"]?.int64 } == [1, 1, 1, 1])
                try await server.api.expect(200, .post("/v1/workflow_runs", json: body))
                let svg = try await server.api.expect(200, .get("/v1/workflow_runs/first/graph.svg")).text
                #expect(svg.contains("<svg") && svg.contains("succeeded"))
                try await server.api.expect(200, .get("/v1/workflow_runs/first/logs"))
                let stats = try await server.api.expect(200, .get("/v1/workflow_runs/stats")).json()
                #expect(stats["by_status"]?["succeeded"]?.int64 == 1)
            }
        }

        @Test("a running run is killed, a failed one retried", arguments: DatabaseKind.available)
        func killAndRetry(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let server = try await site.serve()
                for text in [Self.slow, Self.shaky] { try await server.api.expect(201, .post("/v1/workflows", json: text)) }
                try await server.api.expect(202, .post("/v1/workflow_runs", json: #"{"workflow_id": "slow", "job_run_id": "long"}"#))
                try await Self.wait(server.api, "long", "running")
                try await server.api.expect(202, .delete("/v1/workflow_runs/long"))
                try await Self.wait(server.api, "long", "cancelled")
                try await server.api.expect(409, .delete("/v1/workflow_runs/long"))

                try await server.api.expect(202, .post("/v1/workflow_runs", json: #"{"workflow_id": "shaky", "job_run_id": "s"}"#))
                try await Self.wait(server.api, "s", "failed")
                try await server.api.expect(202, .post("/v1/workflow_runs/s/retry", json: "{}"))
                try await Self.wait(server.api, "s", "succeeded")
            }
        }

        private static func wait(_ api: MillraceAPI, _ run: String, _ status: String) async throws {
            try await waitForProgress("run \(run) is \(status)") {
                try await api.expect(200, .get("/v1/workflow_runs/\(run)")).json()["status"]?.string == status
            }
        }

        private static func run(_ site: MillraceSite, _ arguments: [String], ends code: Int32) async throws -> ChildProcess {
            let child = try site.run(["register"] + arguments)
            let ending = try await child.end(within: .seconds(60))
            guard ending == .code(code) else { throw HarnessError("\(arguments) ended with \(ending): \(child.errorText)") }
            return child
        }
    }
}

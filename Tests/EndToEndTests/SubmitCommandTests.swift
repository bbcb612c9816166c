import Foundation
import JSONText
import TestSupport
import Testing

extension EndToEnd {
    @Suite("millrace submit", .timeLimit(.minutes(5)))
    struct SubmitCommandTests {
        @Test("with a server beside it the task runs there, and --wait prints its result", arguments: DatabaseKind.available)
        func withServer(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let server = try await site.serve()
                let id = try await Self.output(site, ["demo.noop", "--queue", "events", "--tag", "a", "--priority", "2"])
                try await server.api.waitForTask(try #require(Int64(id)), "succeeded")
                let task = try await server.api.task(try #require(Int64(id)))
                #expect(task["queue"]?.string == "events")
                #expect(task["priority"]?.int64 == 2)
                #expect(task["tags"]?.rawText == #"["a"]"#)

                let result = try await Self.output(site, ["demo.echo", #"{"a": [1, "zwei"]}"#, "--wait"])
                #expect(result == #"{"a": [1, "zwei"]}"#)
                #expect(try await Self.output(site, ["demo.noop", "--wait"]) == "")
            }
        }

        @Test("without a server the task is committed and runs when there is one", arguments: DatabaseKind.available)
        func withoutServer(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let first = try #require(Int64(try await Self.output(site, ["demo.noop"])))
                #expect(try await site.record(of: first).state == "queued")
                let waiting = try site.run(["submit", "demo.echo", "[1]", "--wait", "--wait-timeout", "60s"])
                try await waitForProgress("the second task is there") {
                    try await site.states(of: [first, first + 1]).values.reduce(0, +) == 2
                }
                let server = try await site.serve()
                #expect(try await waiting.end(within: .seconds(60)) == .code(0))
                #expect(waiting.lines.values == ["[1]"])
                try await server.api.waitForTask(first, "succeeded")
            }
        }

        @Test("a task that fails is an exit code and a line on standard error", arguments: DatabaseKind.available)
        func failure(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                _ = try await site.serve()
                let input = #"{"message": "no such order", "permanent": true}"#
                let plain = try await Self.run(site, ["demo.fail", input, "--wait"], ends: 1)
                #expect(plain.errorText.contains("failed: demo_failure: no such order"))
                #expect(plain.lines.values.isEmpty)
                let json = try await Self.run(site, ["demo.fail", input, "--wait", "--json"], ends: 1)
                #expect(json.lines.values.first?.contains(#""status":"failed""#) == true)
            }
        }

        @Test("--wait has the server hold its answer back, and outlives a restart of it")
        func longPoll() async throws {
            try await withSite(.sqlite) { site in
                let first = try await site.serve()
                let words = ["demo.sleep", #"{"ms": 1500}"#, "--wait", "--json", "--url", "http://127.0.0.1:\(first.port)"]
                _ = try await Self.output(site, words)
                let metrics = try await first.api.expect(200, .get("/metrics")).text
                let questions = metrics.split(separator: "\n").first {
                    $0.hasPrefix("http_server_request_duration_seconds_count") && $0.contains(#"http_route="/tasks/{id}/status""#)
                }
                let count = try #require(questions?.split(separator: " ").last.flatMap { Double($0) }, "\(metrics)")
                #expect(count <= 3, "asked again and again it would be seven times and more")

                let waiting = try site.run(["submit"] + words)
                try await waitForProgress("the task runs") { try await first.api.health().running == 1 }
                try await first.killHard()
                _ = try await site.serve(port: first.port)
                #expect(try await waiting.end(within: .seconds(60)) == .code(0), "\(waiting.errorText)")
                #expect(waiting.lines.values.first?.contains(#""status":"succeeded""#) == true)
            }
        }

        @Test("a task that does not end in time is left to itself", arguments: DatabaseKind.available)
        func timeout(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let server = try await site.serve()
                let child = try await Self.run(
                    site, ["demo.sleep", #"{"ms": 600000}"#, "--wait", "--wait-timeout", "300ms"], ends: 124)
                #expect(child.errorText.contains("has not ended yet"))
                try await waitForProgress("the task runs") { try await server.api.health().running == 1 }
            }
        }

        @Test("what is refused is told field by field, the same with and without a server", arguments: DatabaseKind.available)
        func refused(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let arguments = [
                    (["no.such.type"], "type no process knows"), (["demo.noop", "--queue", "nowhere"], "queue there is no queue"),
                    (["demo.noop", "--priority", "11", "--max-retries", "5000"], "priority must"),
                    (["demo.noop", "--run-at", "tomorrow"], "run_at must"),
                    (["http.request", #"{"url": "ftp://a/", "method": "GOT"}"#], "input/url does not begin with http://"),
                ]
                for (words, message) in arguments {
                    let direct = try await Self.run(site, words, ends: 65)
                    #expect(direct.errorText.contains(message), "\(direct.errorText)")
                }
                _ = try await site.serve()
                for (words, message) in arguments {
                    let sent = try await Self.run(site, words, ends: 65)
                    #expect(sent.errorText.contains(message), "\(sent.errorText)")
                }
            }
        }

        @Test("a unique key submits once")
        func uniqueKey() async throws {
            try await withSite(.sqlite) { site in
                let arguments = ["demo.noop", "--delay", "1h", "--unique-key", "nightly"]
                let first = try await Self.output(site, arguments)
                _ = try await site.serve()
                #expect(try await Self.output(site, arguments) == first)
                #expect(try await Self.output(site, ["demo.noop", "--delay", "1h", "--unique-key", "other"]) != first)
            }
        }

        @Test("the input may come from a file, and what is no JSON is not sent")
        func input() async throws {
            try await withSite(.sqlite) { site in
                let server = try await site.serve()
                let path = try site.place.directory.write("input.json", " {\"a\": 1}\n")
                let url = "http://127.0.0.1:\(server.port)"
                #expect(try await Self.output(site, ["demo.echo", "@\(path)", "--wait", "--url", url]) == #"{"a": 1}"#)
                #expect(try await Self.run(site, ["demo.echo", "{hunter2"], ends: 64).errorText.contains("the input is not JSON"))
                #expect(try await Self.run(site, ["demo.echo", "-"], ends: 64).errorText.contains("the input is not JSON"))
                #expect(try await Self.run(site, ["demo.echo", "@/nonexistent"], ends: 64).errorText.contains("/nonexistent"))
            }
        }

        @Test("a server that is not there is named")
        func unreachable() async throws {
            try await withSite(.sqlite) { site in
                let port = try LoopbackSocket.freePort()
                let child = try await Self.run(site, ["demo.noop", "--url", "http://127.0.0.1:\(port)"], ends: 69)
                #expect(child.errorText.contains("127.0.0.1"))
                let wrong = try await Self.run(site, ["demo.noop", "--url", "127.0.0.1:\(port)"], ends: 64)
                #expect(wrong.errorText.contains("does not begin with http://"))
            }
        }

        /// What the command says on standard output when it succeeds.
        private static func output(_ site: MillraceSite, _ arguments: [String]) async throws -> String {
            try await run(site, arguments, ends: 0).lines.values.joined(separator: "\n")
        }

        private static func run(_ site: MillraceSite, _ arguments: [String], ends code: Int32) async throws -> ChildProcess {
            let child = try site.run(["submit"] + arguments)
            let ending = try await child.end(within: .seconds(60))
            guard ending == .code(code) else { throw HarnessError("\(arguments) ended with \(ending): \(child.errorText)") }
            return child
        }
    }
}

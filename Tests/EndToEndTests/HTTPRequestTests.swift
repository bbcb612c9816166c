import Foundation
import JSONText
import TestSupport
import Testing

extension EndToEnd {
    /// Tasks that send requests to the server that runs them.
    @Suite("Outgoing requests of the binary", .timeLimit(.minutes(5)))
    struct HTTPRequestTests {
        @Test("an address of this machine is refused for good, whatever it is called", arguments: ["127.0.0.1", "localhost", "[::1]"])
        func denied(host: String) async throws {
            try await withSite(.sqlite) { site in
                let server = try await site.serve()
                let task = try await server.api.submit("http.request", #"{"url": "http://\#(host):\#(server.port)/version"}"#)
                try await server.api.waitForTask(task, "failed")
                let error = try await server.api.task(task)["error"]
                #expect(error?["code"]?.string == "egress_denied")
                #expect(try await site.record(of: task).attempt == 1)
            }
        }

        @Test("no way of writing an address of this machine or of a private network leads there")
        func forms() async throws {
            try await withSite(.sqlite) { site in
                let server = try await site.serve()
                // Other notations are refused at once, addresses when the task runs.
                for host in [
                    "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1%00.example.com", "[::1%25lo]", "a@127.0.0.1",
                ] {
                    try await server.api.expect(
                        422, .post("/v1/tasks", json: #"{"type": "http.request", "input": {"url": "http://\#(host):\#(server.port)/"}}"#))
                }
                let hosts = [
                    "0.0.0.0", "127.0.0.2", "LOCALHOST.", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "[::]",
                    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::1]", "[fe80::1]",
                    "[fd00::1]",
                ]
                var tasks: [(String, Int64)] = []
                for host in hosts {
                    tasks.append(
                        (host, try await server.api.submit("http.request", #"{"url": "http://\#(host):\#(server.port)/version"}"#)))
                }
                for (host, task) in tasks {
                    try await server.api.waitForTask(task, "failed")
                    #expect(try await server.api.task(task)["error"]?["code"]?.string == "egress_denied", "\(host)")
                }
            }
        }

        @Test("what the operator allows is reached, and the answer is the result", arguments: DatabaseKind.available)
        func allowed(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let server = try await site.serve(["MILLRACE_EGRESS_ALLOW": "127.0.0.0/8"])
                let task = try await server.api.submit("http.request", #"{"url": "http://127.0.0.1:\#(server.port)/version"}"#)
                try await server.api.waitForTask(task, "succeeded")
                let result = try await server.api.task(task)["result"]
                #expect(result?["status"]?.int64 == 200)
                #expect(result?["body"]?.string?.contains("version") == true)
            }
        }

        @Test("cancelling ends a request that is waiting for its answer")
        func cancelled() async throws {
            try await withSite(.sqlite) { site in
                let (descriptor, port) = try LoopbackSocket.listen()
                defer { close(descriptor) }
                let server = try await site.serve(["MILLRACE_EGRESS_ALLOW": "127.0.0.1"])
                let task = try await server.api.submit("http.request", #"{"url": "http://127.0.0.1:\#(port)/", "timeout_ms": 600000}"#)
                try await server.api.waitForTask(task, "running")
                try await server.api.expect(202, .post("/v1/tasks/\(task)/cancel"))
                try await server.api.waitForTask(task, "cancelled", within: .seconds(10))
                #expect(try await server.terminate() == .code(0))
            }
        }
    }
}

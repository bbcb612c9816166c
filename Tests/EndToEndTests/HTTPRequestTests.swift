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

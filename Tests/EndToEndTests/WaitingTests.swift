import JSONText
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Waiting for tasks", .timeLimit(.minutes(5)))
    struct WaitingTests {
        @Test("the answer comes with the end of the task", arguments: DatabaseKind.available)
        func ends(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let api = try await site.serve().api
                let task = try await api.submit("demo.sleep", #"{"ms": 700}"#)
                let begun = ContinuousClock.now
                let answer = try await api.expect(200, .get("/api/tasks/\(task)/status?wait_ms=20000"))
                #expect(try answer.json()["status"]?.string == "succeeded")
                #expect(begun.duration(to: .now) < .seconds(10))
                // The connection goes on.
                try await api.expect(200, .get("/worker/tasks/\(task)?wait_ms=20000"))
            }
        }

        @Test(
            "what another process ends is noticed within about half a second",
            .enabled(if: PostgresSchema.isAvailable, "no PostgreSQL server"))
        func otherProcess() async throws {
            try await withSite(.postgres) { site in
                let api = try await site.serve(arguments: ["--no-engine"]).api
                _ = try site.worker("fleet")
                try await waitForProgress("the worker is there") { try await api.health().live.count == 1 }
                let task = try await api.submit("demo.sleep", #"{"ms": 1000}"#)
                let answer = try await api.expect(200, .get("/v1/tasks/\(task)/status?wait_ms=25000"))
                #expect(try answer.json()["status"]?.string == "succeeded")
                let ended = try await site.record(of: task)
                #expect(ended.state == "succeeded")
            }
        }

        @Test("SIGTERM answers everybody who waits, and the process ends in time", arguments: DatabaseKind.available)
        func shutdown(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let process = try await site.serve(["MILLRACE_GRACE_MS": "0"])
                let task = try await process.api.submit("demo.sleep", #"{"ms": 600000}"#)
                try await process.api.waitForTask(task, "running")
                let waiters = (0..<5).map { _ in process.api }
                try await withThrowingTaskGroup(of: String?.self) { group in
                    for waiter in waiters {
                        group.addTask {
                            try await waiter.expect(200, .get("/v1/tasks/\(task)/status?wait_ms=30000")).json()["status"]?.string
                        }
                    }
                    // Answered on a connection of its own while the others wait.
                    for _ in 0..<20 { try await process.api.expect(200, .get("/livez")) }
                    let begun = ContinuousClock.now
                    async let ending = process.terminate()
                    for try await status in group { #expect(status == "running") }
                    #expect(begun.duration(to: .now) < .seconds(3))
                    #expect(try await ending == .code(0))
                    #expect(begun.duration(to: .now) < .seconds(6))
                }
            }
        }
    }
}

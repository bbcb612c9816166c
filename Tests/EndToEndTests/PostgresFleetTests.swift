import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `serve` and `worker` on one PostgreSQL.
    @Suite("Several processes on one PostgreSQL", .timeLimit(.minutes(5)), .enabled(if: PostgresSchema.isAvailable, "no PostgreSQL server"))
    struct PostgresFleetTests {
        @Test("both execute tasks")
        func both() async throws {
            try await withFleet { site, api, _, _ in
                let tasks = try await api.submitBatch(Array(repeating: Self.sleep(1500), count: 8))
                try await Self.waitUntilBothAreFull(api)
                try await waitForProgress("all tasks have ended") { try await api.health().isIdle }
                #expect(try await site.states(of: Set(tasks)) == ["succeeded": 8])
            }
        }

        @Test("the tasks of a killed worker are rescued by the other process")
        func rescue() async throws {
            try await withFleet { site, api, _, worker in
                let tasks = try await api.submitBatch(Array(repeating: Self.sleep(3000), count: 8))
                try await Self.waitUntilBothAreFull(api)
                try await worker.killHard()
                try await waitForProgress("all tasks have ended") { try await api.health().isIdle }
                #expect(try await site.states(of: Set(tasks)) == ["succeeded": 8])
                var lost = 0
                for task in tasks {
                    let record = try await site.record(of: task)
                    #expect(record.lost <= 1)
                    if record.lost == 1 {
                        lost += 1
                        #expect(record.outcomes == ["lost", "succeeded"])
                        #expect(record.attempt == 2)
                    }
                }
                #expect(lost == 4)
                #expect(try await api.health().workers.map(\.name) == ["web"])
            }
        }

        @Test("a paused queue rests on both, and goes on on both when it is resumed")
        func pause() async throws {
            try await withFleet { site, api, _, _ in
                try await api.expect(200, .post("/v1/queues/default/pause"))
                let held = try await api.submitBatch(Array(repeating: Self.sleep(1500), count: 8))
                // Another queue of the same pool takes all its slots: both processes have looked since.
                let others = try await api.submitBatch(Array(repeating: Self.sleep(1500, queue: "events"), count: 8))
                try await Self.waitUntilBothAreFull(api)
                for task in others { try await api.waitForTask(task, "succeeded") }
                #expect(try await site.states(of: Set(held)) == ["queued": 8])

                try await api.expect(200, .post("/v1/queues/default/resume"))
                try await Self.waitUntilBothAreFull(api)
                for task in held { try await api.waitForTask(task, "succeeded") }
            }
        }

        @Test("a task that runs in the other process is cancelled there")
        func cancel() async throws {
            try await withSite(.postgres) { site in
                let server = try await site.serve(arguments: ["--no-engine"])
                let worker = try site.worker("fleet")
                let api = server.api
                try await waitForProgress("the worker is there") { try await api.health().live.count == 1 }
                let task = try await api.submit("demo.sleep", #"{"ms": 600000}"#)
                try await api.waitForTask(task, "running")
                try await api.expect(202, .post("/v1/tasks/\(task)/cancel"))
                try await api.waitForTask(task, "cancelled", within: .seconds(10))
                #expect(try await site.record(of: task).outcomes == ["cancelled"])
                #expect(try await worker.terminate() == .code(0))
            }
        }

        @Test("a worker that ends in order hands its tasks to the other process")
        func handOver() async throws {
            try await withFleet(["MILLRACE_GRACE_MS": "0"]) { site, api, _, worker in
                let tasks = try await api.submitBatch(Array(repeating: Self.sleep(3000), count: 8))
                try await Self.waitUntilBothAreFull(api)
                #expect(try await worker.terminate() == .code(0))
                try await waitForProgress("all tasks have ended") { try await api.health().isIdle }
                #expect(try await site.states(of: Set(tasks)) == ["succeeded": 8])
                var interrupted = 0
                for task in tasks {
                    let record = try await site.record(of: task)
                    #expect(record.attempt == 1)
                    #expect(record.lost == 0)
                    if record.outcomes.contains("interrupted") { interrupted += 1 }
                }
                #expect(interrupted == 4)
            }
        }

        /// A `serve` named web and a `worker` named fleet, four slots each, both at work.
        private func withFleet(
            _ settings: [String: String] = [:],
            _ body: (MillraceSite, MillraceAPI, MillraceProcess, MillraceProcess) async throws -> Void
        ) async throws {
            try await withSite(.postgres) { site in
                let settings = settings.merging(["MILLRACE_POOLS": "default=4"]) { $1 }
                let server = try await site.serve(settings.merging(["MILLRACE_WORKER_NAME": "web"]) { $1 })
                let worker = try site.worker("fleet", settings)
                let api = server.api
                try await waitForProgress("both workers are there") { Set(try await api.health().live.map(\.name)) == ["web", "fleet"] }
                try await body(site, api, server, worker)
            }
        }

        private static func sleep(_ milliseconds: Int, queue: String = "default") -> String {
            #"{"type": "demo.sleep", "queue": "\#(queue)", "input": {"ms": \#(milliseconds)}}"#
        }

        /// Eight tasks are under way, which is all that both processes have slots for.
        private static func waitUntilBothAreFull(_ api: MillraceAPI) async throws {
            try await waitForProgress("both processes run four tasks each") {
                let live = try await api.health().live
                return live.count == 2 && live.allSatisfy { $0.running == 4 }
            }
        }
    }
}

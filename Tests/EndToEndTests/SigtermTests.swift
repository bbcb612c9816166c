import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("SIGTERM", .timeLimit(.minutes(5)))
    struct SigtermTests {
        @Test("work that outlives the grace period is put back uncounted, and the process exits in time", arguments: DatabaseKind.available)
        func putsBack(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let process = try await site.serve(["MILLRACE_GRACE_MS": "500"])
                let api = process.api
                let tasks = try await api.submitBatch(Array(repeating: #"{"type": "demo.sleep", "input": {"ms": 600000}}"#, count: 3))
                for task in tasks { try await api.waitForTask(task, "running") }

                let started = ContinuousClock.now
                #expect(try await process.terminate() == .code(0))
                #expect(started.duration(to: .now) < .milliseconds(500) + .seconds(5))

                for task in tasks {
                    let record = try await site.record(of: task)
                    #expect(record.state == "queued")
                    #expect(record.attempt == 0)
                    #expect(record.worker == nil)
                    #expect(record.outcomes == ["interrupted"])
                }
            }
        }

        @Test("what was put back runs again in the next process", arguments: DatabaseKind.available)
        func runsAgain(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let first = try await site.serve(["MILLRACE_GRACE_MS": "0"])
                let api = first.api
                let task = try await api.submit("demo.sleep", #"{"ms": 1000}"#)
                try await api.waitForTask(task, "running")
                #expect(try await first.terminate() == .code(0))

                let second = try await site.serve()
                try await second.api.waitForTask(task, "succeeded")
                let record = try await site.record(of: task)
                #expect(record.attempt == 1)
                #expect(record.lost == 0)
            }
        }

        @Test("a running task that ends within the grace period succeeds, and the process does not wait longer for it")
        func finishes() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["MILLRACE_GRACE_MS": "30000"])
                let api = process.api
                let task = try await api.submit("demo.sleep", #"{"ms": 800}"#)
                try await api.waitForTask(task, "running")
                let started = ContinuousClock.now
                #expect(try await process.terminate(within: .seconds(40)) == .code(0))
                #expect(started.duration(to: .now) < .seconds(15))
                #expect(try await site.record(of: task).state == "succeeded")
            }
        }

        @Test("a handler that does not listen to cancellation does not hold the process up", arguments: DatabaseKind.available)
        func deafHandler(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let process = try await site.serve(["MILLRACE_GRACE_MS": "200"])
                let api = process.api
                let task = try await api.submit("demo.spin", #"{"ms": 60000}"#)
                try await api.waitForTask(task, "running")
                let started = ContinuousClock.now
                let ending = try await process.terminate()
                #expect(ending == .code(0))
                #expect(started.duration(to: .now) < .milliseconds(200) + .seconds(5))
                let record = try await site.record(of: task)
                #expect(record.state == "queued")
                #expect(record.attempt == 0)
            }
        }

        @Test("a connection that is kept open and a request that never ends do not hold the process up")
        func idleClients() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["MILLRACE_GRACE_MS": "0"])
                let idle = HTTPConnection(port: process.port)
                _ = try await idle.send(.get("/livez"))
                let slow = HTTPConnection(port: process.port)
                try await slow.sendOnly(Array("POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{".utf8))
                let started = ContinuousClock.now
                #expect(try await process.terminate() == .code(0))
                #expect(started.duration(to: .now) < .seconds(5))
            }
        }

        @Test("a database without an engine beside it can be looked at: nothing runs", arguments: DatabaseKind.available)
        func noEngine(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let process = try await site.serve(arguments: ["--no-engine"])
                let api = process.api
                let task = try await api.submit("demo.noop")
                let report = try await api.health()
                #expect(report.workers.isEmpty)
                #expect(try await api.state(task) == "queued")
                #expect(try await process.terminate() == .code(0))
            }
        }
    }
}

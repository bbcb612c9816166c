import Foundation
import JSONText
import TestSupport
import Testing

extension EndToEnd {
    /// Handlers in the engine's own process, where nothing can be killed.
    @Suite("Misbehaving handlers without isolation", .timeLimit(.minutes(5)))
    struct MisbehavingHandlerTests {
        private static let settings = [
            // Without it every trap costs seconds.
            "SWIFT_BACKTRACE": "enable=no",
            "MILLRACE_DEMO_FAULTS": "true", "MILLRACE_POOLS": "default=1", "MILLRACE_RETRY_BASE_MS": "0",
        ]

        private static func submit(_ api: MillraceAPI, _ steps: String, ms: Int = 600_000, times: Int? = nil, options: String = "")
            async throws
            -> Int64
        {
            let times = times.map { #", "times": \#($0)"# } ?? ""
            return try await api.submit("demo.fault", #"{"steps": \#(steps), "ms": \#(ms)\#(times)}"#, options: options)
        }

        @Test("the types that misbehave are not there unless a setting says so")
        func absent() async throws {
            try await withSite(.sqlite) { site in
                let api = try await site.serve().api
                for type in ["demo.fault", "demo.isolated_fault"] {
                    try await api.expect(422, .post("/v1/tasks", json: #"{"type": "\#(type)", "input": {"steps": []}}"#))
                }
            }
        }

        @Test(
            "one that does not listen is given up at its time limit, and its slot is free while it runs on",
            arguments: ["block", "deaf", "spin"])
        func givenUp(step: String) async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(Self.settings)
                let api = process.api
                let task = try await Self.submit(api, "[\"\(step)\"]", ms: 6000, times: 1, options: #""max_retries": 1, "timeout_ms": 400"#)
                try await waitForProgress("its attempt has ended") {
                    try await api.task(task)["attempts"]?.elements.first?["outcome"]?.string == "timed_out"
                }
                // The only slot. The task itself waits: this process does not run it twice at once.
                let next = try await api.submit("demo.noop")
                try await api.waitForTask(next, "succeeded")
                #expect(try await api.state(task) == "queued")
                #expect(try await api.health().running == 0)
                // The old handler ends, and whatever it returns is ignored; then the task may run here again.
                try await api.waitForTask(task, "succeeded")
                #expect(try await site.record(of: task).outcomes == ["timed_out", "succeeded"])
                #expect(try await process.terminate() == .code(0))
            }
        }

        @Test(
            "a process with four of them drains, and exits with 75 for its supervisor to start it anew", arguments: DatabaseKind.available)
        func tooMany(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let process = try await site.serve(
                    Self.settings.merging(["MILLRACE_POOLS": "default=4", "MILLRACE_GRACE_MS": "500"]) { $1 })
                let api = process.api
                var tasks: [Int64] = []
                for _ in 0..<4 { tasks.append(try await Self.submit(api, #"["block"]"#, options: #""max_retries": 0, "timeout_ms": 500"#)) }
                #expect(try await process.child.end(within: .seconds(20)) == .code(75))
                for task in tasks { #expect(try await site.record(of: task).outcomes == ["timed_out"]) }
            }
        }

        @Test("one that traps takes its process down three times, then it is failed and others go on", arguments: DatabaseKind.available)
        func poison(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                var process = try await site.serve(Self.settings)
                let bystander = try await process.api.submit("demo.echo", #"{"still": "here"}"#, options: #""delay_ms": 600000"#)
                let task = try await Self.submit(process.api, #"["trap"]"#, options: #""max_retries": 10"#)
                for death in 1...3 {
                    guard case .signal = try await process.child.end(within: .seconds(30)) else {
                        Issue.record("process \(death) did not die of the trap")
                        return
                    }
                    process = try await site.serve(Self.settings)
                }
                try await process.api.waitForTask(task, "failed")
                let record = try await site.record(of: task)
                #expect(record.lost == 3 && record.outcomes == ["lost", "lost", "lost"])
                #expect(try await process.api.task(task)["error"]?["code"]?.string == "worker_lost")
                let next = try await process.api.submit("demo.noop")
                try await process.api.waitForTask(next, "succeeded")
                #expect(try await site.record(of: bystander).state == "scheduled")
            }
        }

        @Test(
            "programs that one started outlive a killed process and hold nothing of it: the next one starts",
            .enabled(if: FoundProcesses.canLook, "needs /proc"))
        func programs() async throws {
            try await withSite(.sqlite) { site in
                let first = try await site.serve(Self.settings)
                let ms = Int.random(in: 1_000_000..<9_000_000)
                let task = try await Self.submit(first.api, #"["daemon"]"#, ms: ms)
                try await first.api.waitForTask(task, "succeeded")
                let daemons = FoundProcesses.running("sleep \(Double(ms) / 1000)")
                defer { for pid in daemons { kill(pid, SIGKILL) } }
                #expect(!daemons.isEmpty)
                // A client's connection that is just being accepted may slip through; it keeps nobody from starting.
                let ports = try FoundProcesses.listeningSockets()
                #expect(!ports.isEmpty)
                for pid in daemons {
                    let held = try FoundProcesses.openFiles(pid).values.filter { $0.contains(".db") || ports.contains($0) }
                    #expect(held.isEmpty)
                }
                try await first.killHard()
                let second = try await site.serve(Self.settings)
                let next = try await second.api.submit("demo.noop")
                try await second.api.waitForTask(next, "succeeded")
            }
        }
    }
}

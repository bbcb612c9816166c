import Foundation
import JSONText
import Storage
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Handlers in child processes", .timeLimit(.minutes(5)), .enabled(if: FoundProcesses.canLook, "needs /proc"))
    struct IsolationTests {
        static let settings = [
            "MILLRACE_DEMO_FAULTS": "true", "MILLRACE_POOLS": "default=1", "MILLRACE_RETRY_BASE_MS": "0", "MILLRACE_GRACE_MS": "0",
        ]

        /// Ends that a fault must lead to.
        struct Fault: Sendable, CustomTestStringConvertible {
            let steps: String
            let code: String
            /// Part of the message.
            let words: String
            var testDescription: String { steps }

            static let all = [
                Fault(steps: #"["trap"]"#, code: "child_crashed", words: "a trap that was asked for"),
                Fault(steps: #"["segfault"]"#, code: "child_crashed", words: "SIGSEGV"),
                Fault(
                    steps: #"["print", "exit"]"#, code: "child_exited",
                    words: "code 3 before the handler had returned; its last output: a line"),
                Fault(steps: #"["rubbish", "block"]"#, code: "child_protocol", words: "what is no message"),
                Fault(steps: #"["huge", "block"]"#, code: "child_protocol", words: "2147483647 bytes"),
                Fault(steps: #"["close", "block"]"#, code: "child_protocol", words: "closed its socket"),
                Fault(steps: #"["memory"]"#, code: "memory_limit", words: "may have 256 MiB"),
                Fault(steps: #"["spin"]"#, code: "cpu_limit", words: "CPU time"),
            ]
        }

        private static func submit(
            _ api: MillraceAPI, _ steps: String, type: String = "demo.isolated_fault", ms: Int = 600_000, times: Int? = nil,
            options: String = ""
        ) async throws -> Int64 {
            let times = times.map { #", "times": \#($0)"# } ?? ""
            return try await api.submit(type, #"{"steps": \#(steps), "ms": \#(ms)\#(times)}"#, options: options)
        }

        /// The child that a running task is in, as its handler says. What the child prints comes another way and can be there first.
        private static func child(_ api: MillraceAPI, _ task: Int64, attempt: Int = 1) async throws -> pid_t {
            var found: pid_t?
            try await waitForProgress("attempt \(attempt) of task \(task) says where it runs") {
                let lines = try await api.expect(200, .get("/v1/tasks/\(task)/logs?attempt=\(attempt)")).json()["data"]?.elements ?? []
                let said = lines.compactMap { $0["message"]?.string }.first { $0.hasPrefix("pid ") }
                found = said.flatMap { pid_t($0.dropFirst("pid ".count)) }
                return found != nil
            }
            return found ?? 0
        }

        @Test("a fault ends its attempt alone: the process, its slot and the next attempt are unharmed", arguments: Fault.all)
        func faults(fault: Fault) async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(Self.settings)
                let api = process.api
                let task = try await Self.submit(api, fault.steps, times: 1, options: #""max_retries": 1"#)
                try await api.waitForTask(task, "succeeded")
                let attempt = try await api.task(task)["attempts"]?.elements.first
                #expect(attempt?["outcome"]?.string == "failed")
                #expect(attempt?["error"]?["code"]?.string == fault.code)
                #expect(attempt?["error"]?["message"]?.string?.contains(fault.words) == true, "\(attempt?.rawText ?? "")")

                // One slot: it is free again, and was not freed twice.
                let next = try await api.submitBatch(Array(repeating: #"{"type": "demo.sleep", "input": {"ms": 300}}"#, count: 2))
                try await api.waitForTask(next[0], "running")
                #expect(try await api.health().running == 1)
                try await api.waitForTask(next[1], "succeeded")
                #expect(try await process.terminate() == .code(0))
                #expect(FoundProcesses.below(process.child.pid).isEmpty)
            }
        }

        @Test("a child runs attempt after attempt of one type, sees no database and no secrets, and is replaced after its last")
        func reuse() async throws {
            try await withSite(.sqlite) { site in
                let secret = ["POSTGRES_PASSWORD": "hush", "MILLRACE_SECRETS_KEY": Data(repeating: 1, count: 32).base64EncodedString()]
                let process = try await site.serve(Self.settings.merging(secret) { $1 })
                let api = process.api
                var pids: [pid_t] = []
                for _ in 0..<6 {
                    let task = try await Self.submit(api, #"["print"]"#)
                    try await api.waitForTask(task, "succeeded")
                    let result = try await api.expect(200, .get("/v1/tasks/\(task)/status")).json()["result"]
                    #expect(result?["parent"]?.int64 == Int64(process.child.pid))
                    pids.append(pid_t(result?["pid"]?.int64 ?? 0))
                    let lines = try await api.expect(200, .get("/v1/tasks/\(task)/logs")).json()["data"]?.elements ?? []
                    let printed = lines.compactMap { $0["message"]?.string }.filter { $0.hasSuffix("stream=stdout") }
                    #expect(printed.allSatisfy { $0 == "a printed line stream=stdout" } && printed.count <= 1)
                }
                // The type says five attempts.
                #expect(Set(pids[..<5]).count == 1 && pids[5] != pids[0])
                #expect(!FoundProcesses.isAlive(pids[0]))

                let files = try FoundProcesses.openFiles(pids[5])
                #expect(files[0] == "/dev/null")
                #expect(files.values.filter { $0.hasPrefix("socket:") }.count == 1)
                #expect(!files.values.contains { $0.contains(".db") || $0.contains("migrations") }, "\(files)")
                let environment = FoundProcesses.environment(pids[5])
                #expect(environment.contains("MILLRACE_ROOT") && !environment.contains("DATABASE_URL") && !environment.contains("hush"))
                #expect(!environment.contains("MILLRACE_SECRETS_KEY"))
            }
        }

        @Test("a handler that does not listen is killed at its time limit", arguments: [#"["block"]"#, #"["deaf"]"#, #"["stop"]"#])
        func timeLimit(steps: String) async throws {
            try await withSite(.sqlite) { site in
                let api = try await site.serve(Self.settings).api
                let task = try await Self.submit(api, steps, options: #""max_retries": 0, "timeout_ms": 4000"#)
                try await api.waitForTask(task, "running")
                let pid = try await Self.child(api, task)
                #expect(FoundProcesses.isAlive(pid))
                try await api.waitForTask(task, "failed")
                let detail = try await api.task(task)
                #expect(detail["error"]?["code"]?.string == "timed_out")
                #expect(detail["attempts"]?.elements.map { $0["outcome"]?.string } == ["timed_out"])
                #expect(!FoundProcesses.isAlive(pid))
            }
        }

        @Test("a cancelled handler that listens ends at once, and its child with it")
        func cancel() async throws {
            try await withSite(.sqlite) { site in
                let api = try await site.serve(Self.settings).api
                let task = try await Self.submit(api, #"["sleep"]"#)
                let pid = try await Self.child(api, task)
                try await api.expect(202, .post("/v1/tasks/\(task)/cancel", json: "{}"))
                try await api.waitForTask(task, "cancelled", within: .seconds(5))
                #expect(!FoundProcesses.isAlive(pid))
            }
        }

        @Test(
            "nothing that a handler started is left when its attempt has ended, however it ended",
            arguments: [
                #"["fork"]"#, #"["daemon"]"#, #"["bare_daemon"]"#, #"["fork", "trap"]"#, #"["daemon", "trap"]"#, #"["daemon", "exit"]"#,
                #"["fork", "daemon", "bare_daemon", "block"]"#,
            ])
        func leftovers(steps: String) async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(Self.settings)
                let api = process.api
                // A length that no other program sleeps for.
                let ms = Int.random(in: 1_000_000..<9_000_000)
                let task = try await Self.submit(api, steps, ms: ms, options: #""max_retries": 0, "timeout_ms": 4000"#)
                let pid = try await Self.child(api, task)
                try await api.waitForTask(task, "succeeded", "failed")
                #expect(!FoundProcesses.isAlive(pid), "a child that leaves something behind is not used again")
                #expect(FoundProcesses.running("sleep \(Double(ms) / 1000)").isEmpty)
                #expect(FoundProcesses.below(process.child.pid).isEmpty)
            }
        }

        @Test("the end of the engine's process is the end of its children; their tasks run again", arguments: DatabaseKind.available)
        func killedParent(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let first = try await site.serve(Self.settings)
                let ms = Int.random(in: 1_000_000..<9_000_000)
                let task = try await Self.submit(first.api, #"["fork", "daemon", "block"]"#, ms: ms, times: 1)
                let pid = try await Self.child(first.api, task)
                try await waitForProgress("the daemons run") { FoundProcesses.running("sleep \(Double(ms) / 1000)").count >= 3 }
                try await first.killHard()
                try await waitForProgress("the child and what it started are gone", within: .seconds(10)) {
                    !FoundProcesses.isAlive(pid) && FoundProcesses.running("sleep \(Double(ms) / 1000)").isEmpty
                }

                let second = try await site.serve(Self.settings)
                try await second.api.waitForTask(task, "succeeded")
                let record = try await site.record(of: task)
                #expect(record.attempt == 2 && record.lost == 1 && record.outcomes == ["lost", "succeeded"])
            }
        }

        @Test("a child that could not see its parent's end is killed at the next start, before its task runs again")
        func orphan() async throws {
            try await withSite(.sqlite) { site in
                let first = try await site.serve(Self.settings)
                let ms = Int.random(in: 1_000_000..<9_000_000)
                let task = try await Self.submit(first.api, #"["daemon", "stop"]"#, ms: ms, times: 1)
                let pid = try await Self.child(first.api, task)
                try await waitForProgress("the child is stopped") { FoundProcesses.isStopped(pid) }
                try await first.killHard()
                #expect(FoundProcesses.isAlive(pid))

                let second = try await site.serve(Self.settings)
                try await second.api.waitForTask(task, "succeeded")
                #expect(!FoundProcesses.isAlive(pid))
                #expect(FoundProcesses.running("sleep \(Double(ms) / 1000)").isEmpty)
                #expect(second.child.errorText.contains("processes of tasks whose engine is gone were killed"))
            }
        }

        @Test("at shutdown a handler that does not listen is killed and its task put back uncounted")
        func shutdown() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(Self.settings)
                let task = try await Self.submit(process.api, #"["fork", "block"]"#)
                let pid = try await Self.child(process.api, task)
                let started = ContinuousClock.now
                #expect(try await process.terminate() == .code(0))
                #expect(started.duration(to: .now) < .seconds(5))
                #expect(!FoundProcesses.isAlive(pid))
                let record = try await site.record(of: task)
                #expect(record.state == "queued" && record.attempt == 0 && record.outcomes == ["interrupted"])
            }
        }

        @Test("a handler that prints without end is slowed down, keeps little of it, and disturbs nobody")
        func flood() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(Self.settings)
                let api = process.api
                let before = ProcessMemory.resident(process.child.pid) ?? 0
                let task = try await Self.submit(api, #"["flood"]"#, ms: 1500)
                try await api.waitForTask(task, "succeeded")
                let lines = try await api.expect(200, .get("/v1/tasks/\(task)/logs?limit=500")).json()["data"]?.elements ?? []
                #expect(lines.count > 100)
                let bytes = try await site.look { database in
                    try await database.read { try $0.row("SELECT SUM(LENGTH(message)) FROM task_logs", { $0.int(0) }) ?? 0 }
                }
                #expect(bytes < 1 << 20)
                #expect((ProcessMemory.resident(process.child.pid) ?? 0) - before < 64 << 20)
            }
        }
    }
}

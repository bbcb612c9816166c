import Foundation
import JSONText
import Storage
import TestSupport
import Testing

extension EndToEnd {
    @Suite("SIGKILL while schedules fire", .timeLimit(.minutes(5)))
    struct ScheduleKillTests {
        /// `make test-full` asks for more.
        private static let rounds = ProcessInfo.processInfo.environment["MILLRACE_KILL_ROUNDS"].flatMap { Int($0) } ?? 4
        private static let settings = ["LOG_LEVEL": "error", "MILLRACE_POOLS": "default=8"]
        private static let names = (0..<8).map { "every-second-\($0)" }

        @Test("every due time fires once, whichever processes die", arguments: DatabaseKind.available)
        func once(_ kind: DatabaseKind) async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("SIGKILL while schedules fire on \(kind): seed \(seed), \(Self.rounds) rounds")
            var random = SeededRandom(seed: seed)
            try await withSite(kind) { site in
                var server = try await site.serve(Self.settings)
                // An SQLite file has one process.
                var workers = try (0..<(kind == .sqlite ? 0 : 2)).map { try site.worker("worker-\($0)", Self.settings) }
                for name in Self.names {
                    try await server.api.expect(
                        201,
                        .post(
                            "/v1/schedules",
                            json: #"{"name": "\#(name)", "every_ms": 1000, "overlap": "allow", "task": {"type": "demo.noop"}}"#))
                }
                for round in 0..<Self.rounds {
                    let fired = try await Self.fired(site)
                    let wanted = fired + Int.random(in: 1...Self.names.count * 2, using: &random)
                    try await waitForProgress("schedules fire in round \(round), seed \(seed)") { try await Self.fired(site) >= wanted }
                    try await server.killHard()
                    for index in workers.indices where Bool.random(using: &random) {
                        try await workers[index].killHard()
                        workers[index] = try site.worker("worker-\(index)-\(round)", Self.settings)
                    }
                    server = try await site.serve(Self.settings)
                }
                let last = try await Self.fired(site) + Self.names.count * 2
                try await waitForProgress("schedules go on, seed \(seed)") { try await Self.fired(site) >= last }
                for name in Self.names { try await server.api.expect(200, .post("/v1/schedules/\(name)/pause", json: "{}")) }
                let problems = try await Self.problems(site)
                #expect(problems == [], "seed \(seed)")
                try await waitForProgress("all tasks end, seed \(seed)") { try await Self.unfinished(site) == 0 }
                for process in workers + [server] { #expect(try await process.terminate() == .code(0)) }
            }
        }

        private static func fired(_ site: MillraceSite) async throws -> Int {
            try await site.look { try await $0.count("SELECT COUNT(*) FROM schedule_firings WHERE outcome = 'fired'") }
        }

        private static func unfinished(_ site: MillraceSite) async throws -> Int {
            try await site.look { try await $0.count("SELECT COUNT(*) FROM tasks WHERE finished_at IS NULL") }
        }

        /// Due times that are missing between the first and the last of a schedule, firings that started nothing, and tasks that no
        /// firing or more than one names. No absence here lasts long enough for anything to be missed.
        private static func problems(_ site: MillraceSite) async throws -> [String] {
            let (firings, tasks) = try await site.look { database in
                try await database.read { connection in
                    let firings = try connection.rows(
                        "SELECT schedule_id, due_at, task_id FROM schedule_firings ORDER BY schedule_id, number"
                    ) { (schedule: $0.int(0), due: $0.int(1), task: $0.intOrNil(2)) }
                    return (firings, Set(try connection.rows("SELECT id FROM tasks") { $0.int(0) }))
                }
            }
            var problems: [String] = []
            for (former, firing) in zip(firings, firings.dropFirst())
            where former.schedule == firing.schedule && firing.due != former.due + 1_000_000 {
                problems.append("schedule \(firing.schedule) fired at \(firing.due) after \(former.due)")
            }
            let started = firings.compactMap(\.task)
            if started.count != firings.count { problems.append("\(firings.count - started.count) firings started nothing") }
            if Set(started).count != started.count { problems.append("firings share tasks") }
            if Set(started) != tasks { problems.append("\(started.count) firings, \(tasks.count) tasks") }
            return problems
        }
    }
}

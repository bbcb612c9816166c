import Foundation
import Storage
import TestSupport
import Testing

extension EndToEnd {
    /// Processes die at random moments of runs with nodes of every kind.
    @Suite("SIGKILL during runs of workflows", .timeLimit(.minutes(15)))
    struct WorkflowKillTests {
        private static let (runs, kills, flows) = LongTests.areOn ? (500, 10, 40) : (60, 3, 12)
        private static let settings = [
            "LOG_LEVEL": "error", "MILLRACE_POOLS": "default=10", "MILLRACE_RETRY_BASE_MS": "50", "MILLRACE_RETRY_CAP_MS": "200",
        ]

        @Test(
            "every run ends as it must, no node begins before its parents have ended, and none succeeds twice",
            arguments: DatabaseKind.available)
        func finishes(kind: DatabaseKind) async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("SIGKILL during runs of workflows on \(kind): seed \(seed), \(Self.runs) runs, \(Self.kills) kills")
            var random = SeededRandom(seed: seed)
            let flows = (0..<Self.flows).map { index in
                RandomFlow(name: "flow-\(index)", nodes: Int.random(in: 2...12, using: &random), using: &random)
            }
            let planned = (0..<Self.runs).map { index in
                RunLoad.Planned(key: "run-\(index)", flow: flows[index % flows.count], n: Int.random(in: 0..<10, using: &random))
            }
            let load = RunLoad(planned, using: &random)
            try await withSite(kind) { site in
                var server = try await site.serve(Self.settings)
                // An SQLite file has one process.
                var worker = kind == .sqlite ? nil : try site.worker("beside", Self.settings)
                for text in [RandomFlow.inner] + flows.map(\.text) { try await server.api.expect(201, .post("/v1/workflows", json: text)) }
                var ended: [Int64: TaskEnd] = [:]
                for kill in 1...Self.kills {
                    let share = load.count * kill / (Self.kills + 1)
                    let before = share - Int.random(in: 0...load.count / (2 * Self.kills), using: &random)
                    let pause = Int.random(in: 0...400, using: &random)
                    try await load.run(port: server.port, upTo: share) {
                        try await load.waitForAcknowledged(before)
                        // Any moment will do, and which one is the seed's.
                        try await Task.sleep(for: .milliseconds(pause))
                        try await server.killHard()
                    }
                    if let former = worker, Bool.random(using: &random) {
                        try await former.killHard()
                        worker = try site.worker("beside-\(kill)", Self.settings)
                    }
                    let left = try await site.endsLeftBehind()
                    #expect(Ledger().changes(since: ended, left) == [], "seed \(seed), kill \(kill)")
                    ended = left
                    server = try await site.serve(Self.settings)
                }
                try await load.run(port: server.port, upTo: load.count) { try await load.waitForAcknowledged(load.count) }
                #expect(load.complaints == [], "seed \(seed)")
                let problems = try await Self.problems(site, planned, since: ended)
                #expect(problems == [], "seed \(seed)")
                #expect(try await Aftermath(site: site, ledger: Ledger(), slots: 0).doctorsFindings() == [], "seed \(seed)")
                for process in [worker, server].compactMap(\.self) { #expect(try await process.terminate() == .code(0)) }
            }
        }

        /// What is wrong once all runs have ended.
        private static func problems(
            _ site: MillraceSite, _ planned: [RunLoad.Planned], since before: [Int64: TaskEnd]
        ) async throws -> [String] {
            try await site.look { database in
                try await waitForProgress("all runs have ended", within: .seconds(120)) {
                    try await database.count("SELECT COUNT(*) FROM workflow_runs WHERE finished_at IS NULL") == 0
                }
                var problems = try await RunAftermath(database).problems(planned)
                problems += Ledger().changes(since: before, try await database.taskEnds())
                let twice = try await database.doubleSuccesses()
                if twice > 0 { problems.append("\(twice) nodes succeeded twice") }
                return problems
            }
        }
    }
}

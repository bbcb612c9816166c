import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Every round kills the process at a random moment of a mixed load, and one start in three as well.
    @Suite("SIGKILL under load", .timeLimit(.minutes(15)))
    struct SigkillTests {
        /// `make test-full` asks for more.
        private static let rounds = ProcessInfo.processInfo.environment["MILLRACE_KILL_ROUNDS"].flatMap { Int($0) } ?? 8
        private static let slots = 20

        @Test(
            "no acknowledged task is lost, none ends twice, all slots come back, and doctor finds nothing",
            arguments: DatabaseKind.available)
        func finishesEverything(kind: DatabaseKind) async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("SIGKILL under load on \(kind): seed \(seed), \(Self.rounds) rounds")
            var random = SeededRandom(seed: seed)
            let ledger = Ledger()
            try await withSite(kind) { site in
                var process = try await site.serve(Self.settings)
                var ended: [Int64: TaskEnd] = [:]
                for round in 1...Self.rounds {
                    let load = MixedLoad(port: process.port, clients: 4, seed: random.next(), ledger: ledger)
                    try await load.run(untilAcknowledged: Int.random(in: 50...1000, using: &random)) { try await process.killHard() }
                    #expect(load.complaints.isEmpty, "seed \(seed), round \(round)")

                    let left = try await site.endsLeftBehind()
                    #expect(ledger.tasks.subtracting(left.keys) == [], "acknowledged and lost; seed \(seed), round \(round)")
                    #expect(ledger.changes(since: ended, left) == [], "ended twice; seed \(seed), round \(round)")

                    while Int.random(in: 0..<3, using: &random) == 0 { try await Self.killWhileStarting(site, &random) }
                    process = try await site.serve(Self.settings)
                    let problems = try await Aftermath(site: site, ledger: ledger, slots: Self.slots).problems(process)
                    #expect(problems == [], "seed \(seed), round \(round)")
                    ended = try await site.look { try await $0.taskEnds() }
                    #expect(ledger.changes(since: left, ended) == [], "ended twice; seed \(seed), round \(round)")
                }
                #expect(try await process.terminate() == .code(0))
            }
        }

        private static let settings = [
            "MILLRACE_POOLS": "default=\(slots),ingest=2", "MILLRACE_RETRY_BASE_MS": "50", "MILLRACE_RETRY_CAP_MS": "200",
            "LOG_LEVEL": "warning",
        ]

        /// Migrations, recovery of the log, rescue, the first claims: whatever it is at.
        private static func killWhileStarting(_ site: MillraceSite, _ random: inout SeededRandom) async throws {
            let child = try site.run(["serve", "--bind", "127.0.0.1:0"], settings)
            // Any moment will do, and which one is the seed's.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...800, using: &random)))
            child.send(SIGKILL)
            _ = try await child.end(within: .seconds(20))
        }
    }
}

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Processes of a fleet die under load while the others go on: rescue meets claims, completions and promotions.
    @Suite("SIGKILL in a fleet under load", .timeLimit(.minutes(15)), .enabled(if: PostgresSchema.isAvailable, "no PostgreSQL server"))
    struct SigkillFleetTests {
        /// `make test-full` asks for more.
        private static let rounds = ProcessInfo.processInfo.environment["MILLRACE_KILL_ROUNDS"].flatMap { Int($0) } ?? 4

        @Test("workers that are killed one after another lose nothing and finish nothing twice")
        func workers() async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("SIGKILL in a fleet: seed \(seed), \(Self.rounds) rounds")
            var random = SeededRandom(seed: seed)
            try await withSite(.postgres) { site in
                let server = try await site.serve(Self.settings, arguments: ["--no-engine"])
                var workers = try (0..<3).map { try site.worker("worker-\($0)", Self.settings) }
                let load = MixedLoad(port: server.port, clients: 4, seed: random.next())
                var ended: [Int64: TaskEnd] = [:]
                try await load.run {
                    for round in 0..<Self.rounds {
                        try await load.waitForAcknowledged(load.ledger.count + Int.random(in: 50...300, using: &random))
                        // Now and then two at once.
                        for _ in 0...Int.random(in: 0...1, using: &random) {
                            let victim = Int.random(in: 0..<workers.count, using: &random)
                            try await workers[victim].killHard()
                            workers[victim] = try site.worker("worker-\(victim)-\(round)", Self.settings)
                        }
                        let now = try await site.look { try await $0.taskEnds() }
                        #expect(load.ledger.changes(since: ended, now) == [], "seed \(seed), round \(round)")
                        ended = now
                    }
                }
                #expect(load.complaints.isEmpty, "seed \(seed)")
                let aftermath = Aftermath(site: site, ledger: load.ledger, slots: 3 * Self.slots)
                #expect(try await aftermath.problems(server) == [], "seed \(seed)")
                #expect(load.ledger.changes(since: ended, try await site.look { try await $0.taskEnds() }) == [], "seed \(seed)")
            }
        }

        private static let slots = 8
        private static let settings = [
            "MILLRACE_POOLS": "default=\(slots),ingest=1", "MILLRACE_RETRY_BASE_MS": "50", "MILLRACE_RETRY_CAP_MS": "200",
            "LOG_LEVEL": "error",
        ]
    }
}

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("SIGKILL under load", .timeLimit(.minutes(5)))
    struct SigkillTests {
        @Test("a killed process comes back and finishes every acknowledged task", arguments: DatabaseKind.available)
        func finishesEverything(kind: DatabaseKind) async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("SIGKILL under load on \(kind): seed \(seed)")
            var random = SeededRandom(seed: seed)
            try await withSite(kind) { site in
                var acknowledged: Set<Int64> = []
                for round in 1...3 {
                    let process = try await site.serve(Self.settings)
                    let load = SubmitLoad(port: process.port, clients: 4, seed: random.next())
                    try await load.run(untilAcknowledged: Int.random(in: 100...1500, using: &random)) { try await process.killHard() }
                    #expect(load.complaints.isEmpty, "seed \(seed), round \(round)")
                    acknowledged.formUnion(load.acknowledged)

                    let next = try await site.serve(Self.settings)
                    try await Self.waitUntilIdle(next)
                    #expect(try await site.states(of: acknowledged) == ["succeeded": acknowledged.count], "seed \(seed), round \(round)")
                    #expect(try await next.terminate() == .code(0))
                }
                #expect(try await site.doubleSuccesses() == 0, "seed \(seed)")
            }
        }

        private static let settings = ["MILLRACE_POOLS": "default=20", "LOG_LEVEL": "warning"]

        /// Nothing waits or runs: also the tasks whose acknowledgement was lost with the connection have ended.
        private static func waitUntilIdle(_ process: MillraceProcess) async throws {
            let api = process.api
            try await waitForProgress("all tasks have ended", within: .seconds(60)) {
                try await api.health().isIdle
            }
        }
    }
}

import Foundation
import Storage
import TestSupport
import Testing

extension EndToEnd {
    /// What happens to a PostgreSQL server in its life, while a process works on it.
    @Suite(
        "PostgreSQL in trouble under load", .timeLimit(.minutes(5)),
        .enabled(if: PostgresProxy.socketDirectory != nil, "no PostgreSQL server with a unix socket"))
    struct PostgresTroubleTests {
        private static let settings = [
            "MILLRACE_POOLS": "default=20,ingest=2", "MILLRACE_RETRY_BASE_MS": "1000", "MILLRACE_RETRY_CAP_MS": "5000",
            "LOG_LEVEL": "critical",
        ]

        @Test(
            "a server that is restarted, in order and by a crash, costs nothing that was acknowledged; work goes on by itself",
            .enabled(if: PostgresPrivateServer.binaries != nil, "no initdb found"))
        func restarted() async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("PostgreSQL restarted under load: seed \(seed)")
            try await PostgresPrivateServer.with { server in
                try await withTemporaryDirectory { directory in
                    let place = DatabasePlace(kind: .postgres, directory: directory, url: server.url())
                    try await withSite(at: place) { site in
                        let process = try await site.serve(Self.settings)
                        let load = MixedLoad(port: process.port, clients: 4, seed: seed, reconnects: true)
                        try await load.run {
                            for mode in ["fast", "immediate", "fast", "immediate"] {
                                try await load.waitForAcknowledged(load.ledger.count + 150)
                                try await server.stop(mode)
                                try await server.start()
                                // Within seconds, without anybody's help.
                                try await load.waitForAcknowledged(load.ledger.count + 150, within: .seconds(20))
                            }
                        }
                        #expect(load.complaints.isEmpty, "seed \(seed)")
                        #expect(try await Aftermath(site: site, ledger: load.ledger, slots: 20).problems(process) == [], "seed \(seed)")
                        #expect(try await process.terminate() == .code(0))
                    }
                }
            }
        }

        @Test("connections that break in the middle of a COMMIT: each commit counts once, whether its answer came or not")
        func commitsLost() async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("COMMITs broken under load: seed \(seed)")
            var random = SeededRandom(seed: seed)
            try await PostgresSchema.with { schema in
                let proxy = try PostgresProxy()
                defer { proxy.stop() }
                try await withTemporaryDirectory { directory in
                    let place = DatabasePlace(kind: .postgres, directory: directory, url: proxy.url(schema: schema))
                    try await withSite(at: place) { site in
                        let process = try await site.serve(Self.settings)
                        let load = MixedLoad(port: process.port, clients: 4, seed: random.next(), reconnects: true)
                        try await load.run {
                            for round in 0..<30 {
                                try await load.waitForAcknowledged(load.ledger.count + 10)
                                proxy.breakNextCommit([.loseAnswer, .loseCommit, .strandServer][round % 3])
                                if Int.random(in: 0..<6, using: &random) == 0 { proxy.cutAll() }
                            }
                            try await load.waitForAcknowledged(load.ledger.count + 100)
                        }
                        proxy.breakNextCommit(.pass)
                        #expect(load.complaints.isEmpty, "seed \(seed)")
                        #expect(try await Aftermath(site: site, ledger: load.ledger, slots: 20).problems(process) == [], "seed \(seed)")
                        #expect(try await process.terminate() == .code(0))
                    }
                }
            }
        }
    }
}

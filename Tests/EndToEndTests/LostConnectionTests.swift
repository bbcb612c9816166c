import Foundation
import Storage
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Lost PostgreSQL connections", .timeLimit(.minutes(5)), .enabled(if: PostgresSchema.isAvailable, "no PostgreSQL server"))
    struct LostConnectionTests {
        @Test("under load no acknowledged task is lost, and the process lives on")
        func terminated() async throws {
            try await withSite(.postgres) { site in
                let process = try await site.serve([
                    "MILLRACE_POOLS": "default=20,ingest=2", "MILLRACE_RETRY_BASE_MS": "1000", "MILLRACE_RETRY_CAP_MS": "5000",
                    "LOG_LEVEL": "critical",
                ])
                let load = MixedLoad(port: process.port, clients: 4)
                try await load.run {
                    for round in 1...5 {
                        try await load.waitForAcknowledged(round * 100)
                        #expect(try await Self.terminateSessions(of: site) > 0)
                    }
                    try await load.waitForAcknowledged(load.ledger.count + 100)
                }
                #expect(load.complaints.isEmpty)
                #expect(try await Aftermath(site: site, ledger: load.ledger, slots: 20).problems(process) == [])
                #expect(try await process.terminate() == .code(0))
            }
        }

        /// Ends every session of the site's processes, in the middle of whatever it does.
        /// - Returns: how many there were.
        private static func terminateSessions(of site: MillraceSite) async throws -> Int64 {
            let name = site.sessionName
            return try await site.look { database in
                try await database.read { connection in
                    try connection.row(
                        """
                        SELECT SUM(CASE WHEN pg_terminate_backend(pid) THEN 1 ELSE 0 END)::bigint
                        FROM pg_stat_activity WHERE application_name = \(name)
                        """
                    ) { $0.intOrNil(0) ?? 0 } ?? 0
                }
            }
        }
    }
}

import Foundation
import JSONText
import Storage
import TestSupport
import Testing

extension EndToEnd {
    /// Somebody sets the machine's clock while the process works.
    @Suite("A wall clock that is set", .timeLimit(.minutes(5)), .enabled(if: Shim.isAvailable, "\(Shim.reason)"))
    struct WallClockTests {
        @Test("an hour back and an hour on: no lease breaks, no task is lost, delays go by the new time", arguments: DatabaseKind.available)
        func hours(kind: DatabaseKind) async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("wall clock set under load on \(kind): seed \(seed)")
            try await withTemporaryDirectory { tools in
                let clock = try await WallClock(directory: tools.url.path)
                try await withSite(kind) { site in
                    let process = try await site.serve(clock.settings.merging(Self.settings) { $1 })
                    let api = process.api
                    let load = MixedLoad(port: process.port, clients: 3, seed: seed)
                    let long = try await api.submit("demo.sleep", #"{"ms": 4000}"#)
                    try await api.waitForTask(long, "running")
                    try await load.run {
                        // Last on: what was delayed by the time that is set back from is due then.
                        for hours in [-1, 0, 1] {
                            try await load.waitForAcknowledged(load.ledger.count + 150)
                            try clock.set(.seconds(3600 * hours))
                            let delayed = try await api.submit("demo.noop", options: #""delay_ms": 300"#)
                            try await api.waitForTask(delayed, "succeeded", within: .seconds(10))
                        }
                        try await load.waitForAcknowledged(load.ledger.count + 150)
                    }
                    #expect(load.complaints.isEmpty, "seed \(seed)")
                    try await api.waitForTask(long, "succeeded")
                    #expect(try await site.record(of: long).attempt == 1)
                    #expect(try await site.record(of: long).lost == 0)
                    let problems = try await Aftermath(site: site, ledger: load.ledger, slots: Self.slots).problems(process)
                    #expect(problems == [], "seed \(seed)")
                    #expect(try await Self.workers(of: site) == 1, "a worker that lost its lease takes a new id")
                    #expect(try await Self.missingFromList(api, load.ledger) == [], "seed \(seed)")
                    #expect(try await process.terminate() == .code(0))
                }
            }
        }

        private static let slots = 20
        private static let settings = [
            "MILLRACE_POOLS": "default=\(slots),ingest=2", "MILLRACE_RETRY_BASE_MS": "50", "MILLRACE_RETRY_CAP_MS": "200",
            "LOG_LEVEL": "warning",
        ]

        private static func workers(of site: MillraceSite) async throws -> Int64 {
            try await site.look { try await $0.read { try $0.row("SELECT COUNT(*) FROM workers") { $0.int(0) } ?? 0 } }
        }

        /// Acknowledged tasks that a client does not see who goes through the whole list, page by page.
        private static func missingFromList(_ api: MillraceAPI, _ ledger: Ledger) async throws -> Set<Int64> {
            var seen: [Int64] = []
            var cursor: String?
            repeat {
                let page = try await api.expect(200, .get("/v1/tasks?limit=100" + (cursor.map { "&cursor=\($0)" } ?? ""))).json()
                seen += page["data"]?.elements.compactMap { $0["id"]?.int64 } ?? []
                cursor = page["next_cursor"]?.string
            } while cursor != nil
            #expect(Set(seen).count == seen.count, "a task stands on two pages")
            return ledger.tasks.subtracting(seen)
        }
    }
}

import Foundation
import JSONText
import Storage
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Artifacts of processes that die", .timeLimit(.minutes(5)))
    struct KilledArtifactTests {
        private static let settings = [
            "MILLRACE_DEMO_FAULTS": "true", "MILLRACE_POOLS": "default=2", "MILLRACE_RETRY_BASE_MS": "0", "LOG_LEVEL": "error",
        ]
        private static let bytes = 6_000_000

        @Test(
            "a process killed at any moment leaves the artifact of one whole attempt, and nothing else",
            arguments: DatabaseKind.available)
        func killed(kind: DatabaseKind) async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("SIGKILL in the middle of an artifact on \(kind): seed \(seed)")
            var random = SeededRandom(seed: seed)
            try await withSite(kind) { site in
                var process = try await site.serve(Self.settings)
                for round in 0..<(LongTests.areOn ? 30 : 5) {
                    let type = round % 2 == 0 ? "demo.fault" : "demo.isolated_fault"
                    let task = try await process.api.submit(type, #"{"steps": ["artifact"], "bytes": \#(Self.bytes)}"#)
                    let place = "seed \(seed), round \(round)"
                    try await waitForProgress("\(place): the task runs") { try await process.api.state(task) != "queued" }
                    for _ in 0..<Int.random(in: 0...15, using: &random) { _ = try await process.api.state(task) }
                    try await process.killHard()
                    process = try await site.serve(Self.settings)
                    try await process.api.waitForTask(task, "succeeded")
                    try await expectWhole(process.api, task, place)
                    // Replaced files go within a minute, and those that were being put in place when the next process starts or, on
                    // PostgreSQL, where another one may be doing it, in an hour.
                    try await waitForProgress("\(place): only what a row names is on disk") {
                        let (named, all) = try await Self.rowBytes(site)
                        return try (named...all).contains(site.storedBytes())
                    }
                }
                #expect(try await Aftermath(site: site, ledger: Ledger(), slots: 2).doctorsFindings() == [])
                #expect(try await process.terminate() == .code(0))
                guard kind == .sqlite else { return }
                process = try await site.serve(Self.settings)
                try await waitForProgress("seed \(seed): only what is referred to is on disk") {
                    try await Self.rowBytes(site).named == site.storedBytes()
                }
                #expect(try await process.terminate() == .code(0))
            }
        }

        /// Of the attempt that succeeded, or of one before it that had stored it and died before its success.
        private func expectWhole(_ api: MillraceAPI, _ task: Int64, _ place: String) async throws {
            let rows = try await api.expect(200, .get("/v1/tasks/\(task)/artifacts")).json()["data"]?.elements ?? []
            #expect(rows.map { $0["name"]?.string } == ["fault.bin"], "\(place)")
            #expect(rows.map { $0["size"]?.int64 } == [Int64(Self.bytes)], "\(place)")
            let answer = try await api.expect(200, .get("/v1/tasks/\(task)/artifacts/fault.bin"))
            let body = answer.body
            #expect(body.count == Self.bytes && Set(body).count == 1, "\(place)")
            #expect(rows.first?["sha256"]?.string == ContentDigest.sha256(body), "\(place)")
        }

        /// Bytes of the files that are referred to, and of all that the database knows of.
        private static func rowBytes(_ site: MillraceSite) async throws -> (named: Int, all: Int) {
            try await site.look { database in
                try await database.read { connection in
                    try connection.row(
                        """
                        SELECT CAST(COALESCE(SUM(CASE WHEN refs > 0 THEN size ELSE 0 END), 0) AS BIGINT), CAST(COALESCE(SUM(size), 0) AS BIGINT)
                        FROM blobs
                        """
                    ) { (Int($0.int(0)), Int($0.int(1))) } ?? (0, 0)
                }
            }
        }
    }
}

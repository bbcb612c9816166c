import Foundation
import JSONText
import TestSupport
import Testing

extension EndToEnd {
    /// The disk fills up while the process runs, and later there is room again.
    @Suite("Full disk", .timeLimit(.minutes(5)))
    struct FullDiskTests {
        /// Any user may set this limit, and the kernel keeps it as it would a full disk; the error has another name.
        @Test(
            "a file that may not grow: submits are refused, nothing is lost, and the engine goes on when there is room",
            .enabled(if: FileSizeLimit.isSettable, "limits of other processes can be set on Linux only"))
        func fileSizeLimit() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(Self.settings)
                try await Self.fillAndRecover(
                    site, process, fill: { try await FileSizeLimit.set(try Self.largestFile(site) + 256 * 1024, of: process.child.pid) },
                    makeRoom: { try await FileSizeLimit.set(nil, of: process.child.pid) })
            }
        }

        @Test(
            "a full file system: submits answer 507, nothing is lost, and the engine goes on when there is room",
            .enabled(if: SmallFileSystem.isAvailable, "only root can mount a small file system"))
        func fileSystem() async throws {
            try await withTemporaryDirectory { directory in
                try await SmallFileSystem.with(megabytes: 24, at: directory.path("small")) { small in
                    let place = DatabasePlace(kind: .sqlite, directory: directory, url: small.path + "/millrace.db")
                    try await withSite(at: place) { site in
                        let process = try await site.serve(Self.settings.merging(["MILLRACE_DATA_DIR": small.path + "/data"]) { $1 })
                        let codes = try await Self.fillAndRecover(
                            site, process, fill: { try small.fill() }, makeRoom: { try small.makeRoom() })
                        #expect(codes.contains(507))
                        try await process.killHard()
                    }
                }
            }
        }

        private static let settings = [
            // An ingestion that meets the full disk fails an attempt: its retries reach beyond the time it lasts.
            "MILLRACE_RETRY_BASE_MS": "3000", "MILLRACE_RETRY_CAP_MS": "10000", "LOG_LEVEL": "error",
        ]

        /// - Returns: the statuses of the refusals.
        @discardableResult
        private static func fillAndRecover(
            _ site: MillraceSite, _ process: MillraceProcess, fill: () async throws -> Void, makeRoom: () async throws -> Void
        ) async throws -> Set<Int> {
            let load = MixedLoad(port: process.port, clients: 3)
            try await load.run {
                try await load.waitForAcknowledged(200)
                try await fill()
                try await load.waitForRefusals(20)
                try await process.api.expect(200, .get("/livez"))
                // Long enough that the process has given its lease up: it comes back under another one.
                try await waitForProgress("its heartbeat is missed") { try await process.api.health().live.isEmpty }
                try await makeRoom()
                try await load.waitForAcknowledged(load.ledger.count + 100)
            }
            #expect(load.complaints.isEmpty)
            for refusal in load.refusals {
                #expect(refusal.headers["content-type"] == "application/problem+json")
                #expect(try ["disk_full", "storage_unavailable"].contains(refusal.json()["code"]?.string))
            }
            #expect(try await Aftermath(site: site, ledger: load.ledger, slots: 10).problems(process) == [])
            return Set(load.refusals.map(\.status))
        }

        /// Bytes of the database file or its log, whichever is larger.
        private static func largestFile(_ site: MillraceSite) throws -> Int {
            try ["", "-wal"].map { suffix in
                let attributes = try FileManager.default.attributesOfItem(atPath: site.place.url + suffix)
                return (attributes[.size] as? NSNumber)?.intValue ?? 0
            }.max() ?? 0
        }
    }
}

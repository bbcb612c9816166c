import Foundation
import JSONText
import Storage
import TestSupport
import Testing

extension EndToEnd {
    @Suite("SIGKILL at every stage of an upload", .timeLimit(.minutes(LongTests.areOn ? 30 : 5)))
    struct KilledUploadTests {
        /// When the process is killed; numbers are counts of looks at the run, which stand for time.
        private enum Moment: CaseIterable {
            /// A part of the request has been sent.
            case receiving
            /// All of it has been sent, and the answer has not been read.
            case unanswered
            /// With the answer in hand: after the commit, and mostly before the run is begun.
            case acknowledged
            /// As soon as the run is in this state, or a few looks later.
            case parsing, normalized
            /// After some files have been stored.
            case someFiles
            /// After any number of looks, so also when all is done.
            case anyTime
        }

        @Test("whatever was acknowledged ends complete and whole, and nothing else is left", arguments: DatabaseKind.available)
        func rounds(kind: DatabaseKind) async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("SIGKILL at every stage of an upload on \(kind): seed \(seed)")
            var random = SeededRandom(seed: seed)
            try await withSite(kind) { site in
                var process = try await site.serve(["LOG_LEVEL": "error"])
                var archives: [String: (names: [String], size: Int)] = [:]
                var acknowledged: Set<Int64> = []
                for round in 0..<(LongTests.areOn ? 70 : Moment.allCases.count) {
                    let moment = Moment.allCases[round % Moment.allCases.count]
                    let name = "round-\(round).tar.gz"
                    let archive = try ConfArchive.apps(40, stanzas: 10, label: "r\(round)/", comments: 1500)
                    archives[name] = (archive.names, archive.bytes.count)
                    let request = MillraceAPI.uploadRequest(archive.bytes, filename: name)
                    if let id = try await Self.upload(request, site, process, moment, &random) { acknowledged.insert(id) }
                    try await process.killHard()
                    process = try await site.serve(["LOG_LEVEL": "error"])
                    let stored = try await Self.expectWhole(process.api, archives, "seed \(seed), round \(round), \(moment)")
                    #expect(acknowledged.isSubset(of: stored.ids), "seed \(seed), round \(round), \(moment)")
                    try await waitForProgress("seed \(seed), round \(round), \(moment): only what is named is on disk") {
                        let held = try await Self.heldBytes(site, kind)
                        return try (stored.bytes...stored.bytes + held).contains(site.storedBytes())
                    }
                }
                #expect(try await site.look { try await $0.doubleSuccesses() } == 0, "seed \(seed)")
                #expect(try await process.terminate() == .code(0))
            }
        }

        /// Bytes that an upload had put or was putting in place when it was killed, and that were not acknowledged. On SQLite a new
        /// process knows that nobody else holds them; on PostgreSQL they are kept for an hour, since another process may.
        private static func heldBytes(_ site: MillraceSite, _ kind: DatabaseKind) async throws -> Int {
            guard kind == .postgres else { return 0 }
            return try await site.look { database in
                try await database.read { connection in
                    Int(
                        try connection.row("SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM blobs WHERE refs = 0 AND holds > 0") {
                            $0.int(0)
                        } ?? 0)
                }
            }
        }

        /// Returns when it is time to kill the process.
        /// - Returns: the upload's id when it was acknowledged.
        private static func upload(
            _ request: HTTPRequest, _ site: MillraceSite, _ process: MillraceProcess, _ moment: Moment, _ random: inout SeededRandom
        ) async throws -> Int64? {
            let api = process.api
            let bytes = request.bytes(port: process.port)
            let looks = Int.random(in: 0...20, using: &random)
            switch moment {
            case .receiving:
                try await api.connection.sendOnly(Array(bytes.prefix(Int.random(in: 1..<bytes.count, using: &random))))
                try await pass(looks, api)
                return nil
            case .unanswered:
                try await api.connection.sendOnly(bytes)
                try await pass(looks / 4, api)
                return nil
            case .acknowledged, .parsing, .normalized, .someFiles, .anyTime:
                let answer = try await api.expect(201, request).json()
                guard let run = answer["run_id"]?.int64 else { throw HarnessError("an upload without a run") }
                let files = Int64.random(in: 1...30, using: &random)
                switch moment {
                case .parsing: try await look(api, run, 2000) { $0 != "stored" && $0 != "pending" }
                case .normalized: try await look(api, run, 2000) { $0 == "normalized" || $0 == "complete" }
                case .someFiles:
                    let before = try await rows(site)
                    for _ in 0..<100 {
                        if try await rows(site) >= before + files { break }
                    }
                case .anyTime: try await look(api, run, looks * 10) { _ in false }
                case .receiving, .unanswered, .acknowledged: break
                }
                if moment != .acknowledged { try await pass(looks, api) }
                return answer["id"]?.int64
            }
        }

        /// Lets a little time pass: that of `count` answers, on a connection of their own.
        private static func pass(_ count: Int, _ api: MillraceAPI) async throws {
            let other = MillraceAPI(port: api.connection.port)
            for _ in 0..<count { try await other.expect(200, .get("/v1/runs?limit=1")) }
        }

        /// Looks at the run until its state is the one that is waited for, at most `most` times.
        private static func look(_ api: MillraceAPI, _ run: Int64, _ most: Int, until isThere: (String) -> Bool) async throws {
            for _ in 0..<most {
                if isThere(try await api.run(run)["status"]?.string ?? "") { return }
            }
        }

        /// Every upload that there is ends complete, with all stanzas of its archive in their order, after at most one lost attempt.
        private static func expectWhole(
            _ api: MillraceAPI, _ archives: [String: (names: [String], size: Int)], _ place: String
        ) async throws -> (ids: Set<Int64>, bytes: Int) {
            var ids: Set<Int64> = []
            var bytes = 0
            let uploads = try await api.expect(200, .get("/v1/uploads?limit=500")).json()["data"]?.elements ?? []
            for upload in uploads {
                guard let id = upload["id"]?.int64, let run = upload["run_id"]?.int64, let name = upload["filename"]?.string,
                    let archive = archives[name]
                else { throw HarnessError("\(place): an upload that nobody sent: \(upload.rawText)") }
                #expect(ids.insert(id).inserted)
                bytes += archive.size
                try await api.waitForRun(run)
                // Those of earlier rounds were compared then.
                guard name == archives.keys.max(by: { order($0) < order($1) }) else { continue }
                #expect(try await api.stanzas(of: run).compactMap { $0["name"]?.string } == archive.names, "\(place)")
            }
            return (ids, bytes)
        }

        private static func order(_ name: String) -> Int { Int(name.filter(\.isNumber)) ?? 0 }

        /// Files whose rows were committed so far, of all runs.
        private static func rows(_ site: MillraceSite) async throws -> Int64 {
            try await site.look { database in
                try await database.read { try $0.row("SELECT COUNT(*) FROM run_files") { $0.int(0) } ?? 0 }
            }
        }
    }
}

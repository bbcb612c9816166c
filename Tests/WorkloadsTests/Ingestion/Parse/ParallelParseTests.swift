import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing
import Workloads

@Suite("Parsing in parallel", .timeLimit(.minutes(5)))
struct ParallelParseTests {
    @Test("gives the same rows in the order of the archive with one parser and with eight", arguments: DatabaseKind.available)
    func order(kind: DatabaseKind) async throws {
        var results: [[String]] = []
        for parsers in [1, 8] {
            var limits = IngestionLimits()
            limits.parsers = parsers
            try await IngestionHarness.with(kind, limits: limits) { harness in
                try await harness.withEngine {
                    let run = try await harness.ingest(ManyMembers.tar.bytes)
                    results.append(try await harness.result(of: run))
                    let paths = try await harness.all("/v1/runs/\(run)/files").compactMap { $0["path"]?.string }
                    #expect(paths.first == "etc/apps/app0/local/props.conf")
                    #expect(paths.last == "etc/apps/last2/local/props.conf")
                    let ids = try await harness.all("/v1/runs/\(run)/stanzas").compactMap { $0["id"]?.int64 }
                    #expect(ids.count == ManyMembers.stanzas && ids == ids.sorted())
                }
            }
        }
        #expect(results[0] == results[1])
    }

    @Test("damage behind many good members fails the run, and nothing of it is shown or kept", arguments: DatabaseKind.available)
    func damage(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            try await harness.withEngine {
                let bytes = Array(ManyMembers.tar.members.dropLast(300))
                let run = try await harness.ingest(bytes, until: .failed)
                let detail = try await harness.get("/v1/runs/\(run)").json
                #expect(detail["status"]?.string == "failed")
                #expect(detail["error"]?["code"]?.string == "archive_truncated")
                #expect(try await harness.get("/v1/runs/\(run)/stanzas").rows.isEmpty)
                try await harness.workload.sweeper.removeMarked()
                #expect(try await harness.resultRows() == 0)
            }
        }
    }

    @Test("more stanzas than are allowed fail the run, also when one file holds them all")
    func tooManyStanzas() async throws {
        var limits = IngestionLimits()
        limits.stanzas = 600
        try await IngestionHarness.with(.sqlite, limits: limits) { harness in
            try await harness.withEngine {
                let tar = TarBytes([("etc/apps/a/local/props.conf", String(repeating: "[a]\n", count: 100_000))])
                let run = try await harness.ingest(tar.bytes, until: .failed)
                #expect(try await harness.get("/v1/runs/\(run)").json["error"]?["code"]?.string == "too_many_stanzas")
            }
        }
    }

    @Test("a member that is refused is listed no more than a thousand times among the problems, and always counted")
    func refusals() async throws {
        try await IngestionHarness.with(.sqlite) { harness in
            try await harness.withEngine {
                var tar = TarBytes()
                for number in 0..<1_100 { tar.add("etc/apps/a/link\(number)", type: "2", link: "x") }
                let run = try await harness.ingest(tar.bytes)
                #expect(try await harness.get("/v1/runs/\(run)").json["omitted"]?["link"]?.int64 == 1_100)
                #expect(try await harness.all("/v1/runs/\(run)/problems").count == 1_000)
            }
        }
    }
}

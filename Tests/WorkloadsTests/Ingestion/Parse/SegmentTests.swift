import JSONText
import TestSupport
import Testing

@Suite("Names in a run of several segments", .timeLimit(.minutes(5)))
struct SegmentTests {
    @Test("are found in all of them, page by page in the order of the archive, and merged", arguments: DatabaseKind.available)
    func names(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            try await harness.withEngine {
                var text = ["", ""]
                var lines: [Int] = []
                for number in 0..<40_000 {
                    let file = number / 20_000
                    if number % 1_000 == 999 {
                        text[file] += "[sought]\nkey\(number) = 1\n"
                        lines.append(number)
                    } else {
                        text[file] += "[other]\n"
                    }
                }
                let tar = TarBytes([("etc/apps/a/default/props.conf", text[0]), ("etc/apps/a/local/props.conf", text[1])])
                let run = try await harness.ingest(tar.bytes)
                let found = try await harness.all("/v1/runs/\(run)/stanzas?name=sought", limit: 7)
                #expect(found.map { $0["settings"]?.elements.first?["key"]?.string } == lines.map { "key\($0)" })
                let merged = try await harness.get("/v1/runs/\(run)/effective?conf_type=props&stanza=sought").rows
                #expect(merged.first?["settings"]?.elements.count == lines.count)
                #expect(try await harness.get("/v1/runs/\(run)/stanzas?name=missing").rows.isEmpty)
            }
        }
    }
}

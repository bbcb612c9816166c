import JSONText
import Storage
import TestSupport
import Testing

@testable import Workloads

@Suite("Names of stanzas", .timeLimit(.minutes(5)))
struct StanzaNameTests {
    @Test("are handed out once their segment is full, sorted, some at a time")
    func bunches() {
        var names = UnwrittenNames(from: 0)
        for stanza in 1...3 { names.append(StanzaName(hash: Int64(9 - stanza), stanza: Int64(stanza), confTypeHash: 1), segment: 0) }
        #expect(!names.hasFull)
        #expect(names.take(10) == nil)
        names.append(StanzaName(hash: 5, stanza: 4, confTypeHash: 1), segment: 1)
        names.append(StanzaName(hash: 5, stanza: 5, confTypeHash: 1), segment: 1)
        #expect(names.hasFull)
        #expect(names.firstUnwritten == 0)
        #expect(names.take(2)?.names.map(\.stanza) == [3, 2])
        #expect(names.firstUnwritten == 0, "one of its names is still here")
        #expect(names.take(2)?.names.map(\.stanza) == [1])
        #expect(names.firstUnwritten == 1)
        #expect(names.take(2) == nil)
        names.close()
        let last = names.take(9)
        #expect(last?.segment == 1)
        #expect(last?.names.map(\.stanza) == [4, 5])
        #expect(names.firstUnwritten == 2)
        #expect(!names.hasFull)
    }

    @Test("a segment holds as many stanzas as it always did")
    func segments() {
        #expect(StanzaSegment.of(0) == 0)
        #expect(StanzaSegment.of(16_383) == 0)
        #expect(StanzaSegment.of(16_384) == 1)
    }

    /// Writes: 160 pieces of stanzas; the names of the first segment go with the pieces from the 66th on, some 28 of them.
    /// Writes: 160 pieces of stanzas; the names of the first segment go with the pieces from the 66th on, some 28 of them.
    @Test("are those of all stanzas, each once, wherever the reading was interrupted", arguments: DatabaseKind.available)
    func interrupted(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            try await harness.withEngine {
                var resumed = 0
                for (count, write) in [30, 80, 110, 150].enumerated() {
                    harness.database.fail(bulkWrite: write, .lost)
                    let run = try await harness.ingest(Self.tar.bytes)
                    if try await !harness.resumptions(of: harness.task(of: run)).isEmpty { resumed += 1 }
                    try await expectNames(of: run, runs: count + 1, harness)
                }
                // The write that failed may have been one of the task's log.
                #expect(resumed >= 2)
            }
        }
    }

    private func expectNames(of run: Int64, runs: Int, _ harness: IngestionHarness) async throws {
        #expect(try await harness.database.count("SELECT COUNT(*) FROM stanzas") == runs * Self.stanzas)
        #expect(try await harness.database.count("SELECT COUNT(*) FROM stanza_names") == runs * Self.stanzas)
        let agreeing = try await harness.database.count(
            """
            SELECT COUNT(*) FROM stanza_names AS n JOIN stanzas AS s ON s.id = n.stanza_id
            WHERE s.generation = n.generation AND s.segment = n.segment
            """)
        #expect(agreeing == runs * Self.stanzas)
        for name in ["only/0", "only/20000", "only/39999"] {
            let answer = try await harness.get("/v1/runs/\(run)/stanzas?name=\(name)").json
            #expect(answer["data"]?.elements.count == 1, "\(name): \(answer.rawText)")
        }
        let common = try await harness.get("/v1/runs/\(run)/stanzas?name=common&limit=100").json
        #expect(common["data"]?.elements.count == Self.files)
    }

    private static let files = 40
    private static let stanzas = 40 * 1_000 + 40
    /// More than two segments of stanzas, in members that a piece does not divide.
    private static let tar: TarBytes = {
        var tar = TarBytes()
        for file in 0..<files {
            var text = "[common]\nx = \(file)\n"
            for number in 0..<1_000 { text += "[only/\(file * 1_000 + number)]\n" }
            tar.add("etc/apps/app\(file)/local/props.conf", Array(text.utf8))
        }
        return tar
    }()
}

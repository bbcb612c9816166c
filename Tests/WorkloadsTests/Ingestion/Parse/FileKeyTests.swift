import JSONText
import Storage
import TestSupport
import Testing

@testable import Workloads

@Suite("Keys of files", .timeLimit(.minutes(5)))
struct FileKeyTests {
    /// More files than one transaction has keys, most of one type, some without an app.
    static let files = WriteFileKeys.piece + 100
    static let tar = TarBytes(
        (0..<files).map { number in
            let app = number % 100 == 0 ? "etc/system/local" : "etc/apps/app\(number % 7)/local"
            return ("\(app)/\(number % 2 == 0 ? "props" : "type\(number)").conf", "[s]\nx = \(number)\n")
        })

    @Test("are those of all files, each once, wherever the reading was interrupted", arguments: DatabaseKind.available)
    func interrupted(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            try await harness.withEngine {
                let whole = try await harness.ingest(Self.tar.bytes)
                try await expectKeys(harness)
                // The last writes of a reading are those of the keys, but for some of the task's log.
                let writes = harness.database.bulkWrites
                var resumed = 0
                for before in 0..<3 {
                    harness.database.fail(bulkWrite: writes - before, .lost)
                    let run = try await harness.ingest(Self.tar.bytes)
                    if try await !harness.resumptions(of: harness.task(of: run)).isEmpty { resumed += 1 }
                    harness.database.forget()
                    try await expectKeys(harness)
                }
                #expect(resumed >= 1)
                for filter in ["path=etc/apps/app1/local/type1.conf", "app=app3", "conf_type=props", "app=app2&conf_type=props"] {
                    let answer = try await harness.get("/v1/runs/\(whole)/files?limit=500&\(filter)").json
                    #expect(answer["data"]?.elements.isEmpty == false, "\(filter)")
                }
            }
        }
    }

    private func expectKeys(_ harness: IngestionHarness) async throws {
        let missing = try await harness.database.count(
            """
            SELECT COUNT(*) FROM run_files AS f JOIN run_generations AS g ON g.id = f.generation AND g.state = 'visible'
            WHERE 3 <> (SELECT COUNT(*) FROM file_keys AS k WHERE k.generation = f.generation AND k.file_id = f.id
                AND (k.kind = 0 AND k.hash = f.path_hash OR k.kind = 1 AND k.hash = f.conf_type_hash
                    OR k.kind = 2 AND k.hash = f.app_hash OR k.kind = 3 AND k.hash = 0 AND f.app_hash IS NULL))
            """)
        #expect(missing == 0)
        let files = try await harness.database.count("SELECT COUNT(*) FROM run_files")
        #expect(try await harness.database.count("SELECT COUNT(*) FROM file_keys") == 3 * files)
    }
}

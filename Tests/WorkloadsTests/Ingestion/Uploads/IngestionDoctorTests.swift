import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing
import Workloads

@Suite("Doctor on uploads and runs", .timeLimit(.minutes(5)))
struct IngestionDoctorTests {
    private let conf = Array("[a]\nx = 1\ny = 2\n[b]\n".utf8)

    @Test(
        "uploads, runs and results are clean, also when the same bytes came twice and one upload was deleted",
        arguments: DatabaseKind.available)
    func clean(kind: DatabaseKind) async throws {
        try await withRun(kind) { ingestion, run in
            _ = try await ingestion.ingest(conf, type: "single_conf")
            #expect(try await findings(ingestion) == [])
            let upload = try #require(try await ingestion.get("/runs/\(run)").json["upload_id"]?.int64)
            #expect(try await ingestion.send(.delete, "/uploads/\(upload)").status == 204)
            #expect(try await findings(ingestion) == [])
        }
    }

    @Test(
        "what is kept twice and differs is found",
        arguments: [
            ("UPDATE blobs SET refs = 5", [Finding.Code.referencesDisagree]), ("UPDATE blobs SET refs = 0", [.referencesDisagree]),
            ("DELETE FROM blobs", [.referencesDisagree]), ("UPDATE runs SET stanza_count = 7", [.countsDisagree]),
            ("UPDATE runs SET file_count = 7", [.countsDisagree]), ("DELETE FROM run_files", [.countsDisagree]),
        ] as [(SQL, [Finding.Code])], DatabaseKind.available)
    func damaged(_ damage: (statement: SQL, codes: [Finding.Code]), _ kind: DatabaseKind) async throws {
        try await withRun(kind) { ingestion, _ in
            try await ingestion.database.write { _ = try $0.execute(damage.statement) }
            #expect(try await findings(ingestion) == damage.codes)
        }
    }

    private func withRun(_ kind: DatabaseKind, _ body: @Sendable (IngestionHarness, Int64) async throws -> Void) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            try await ingestion.withEngine { try await body(ingestion, try await ingestion.ingest(conf, type: "single_conf")) }
        }
    }

    private func findings(_ ingestion: IngestionHarness) async throws -> [Finding.Code] {
        try await Doctor(database: ingestion.database, checks: IngestionWorkload.doctorChecks, pause: {}).examine().findings.map(\.code)
    }
}

import HTTPTypes
import JSONText
import Storage
import TestSupport
import Testing
import Workloads

@Suite("Deleting uploads", .timeLimit(.minutes(5)))
struct DeleteUploadTests {
    private let conf = Array("[a]\nx = 1\n".utf8)

    @Test("an upload goes with its run, its stanzas and its file", arguments: DatabaseKind.available)
    func deletes(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            try await ingestion.withEngine {
                let run = try await ingestion.ingest(conf, type: "single_conf")
                let upload = try #require(try await ingestion.get("/runs/\(run)").json["upload_id"]?.int64)
                #expect(try await ingestion.send(.delete, "/v1/uploads/\(upload)").status == 204)
                for path in ["/uploads/\(upload)", "/runs/\(run)", "/runs/\(run)/stanzas"] {
                    #expect(try await ingestion.get(path).status == 404)
                }
                try await ingestion.workload.sweeper.removeMarked()
                #expect(try await ingestion.resultRows() == 0)
                #expect(try ingestion.storedFiles().isEmpty)
                #expect(
                    try await ingestion.database.count("SELECT (SELECT COUNT(*) FROM blobs) + (SELECT COUNT(*) FROM run_generations)") == 0)
                #expect(try await ingestion.send(.delete, "/v1/uploads/\(upload)").status == 404)
            }
        }
    }

    @Test("bytes that another upload has stay", arguments: DatabaseKind.available)
    func shared(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            try await ingestion.withEngine {
                let first = try await ingestion.ingest(conf, type: "single_conf")
                let second = try await ingestion.ingest(conf, type: "single_conf")
                let upload = try #require(try await ingestion.get("/runs/\(first)").json["upload_id"]?.int64)
                #expect(try await ingestion.send(.delete, "/uploads/\(upload)").status == 204)
                try await ingestion.workload.sweeper.sweep(.routine)
                #expect(try ingestion.storedFiles().count == 1)
                #expect(try await ingestion.get("/runs/\(second)/stanzas").rows.count == 1)
            }
        }
    }

    @Test("an upload that is to be read yet is not deleted")
    func unfinished() async throws {
        try await IngestionHarness.with(.sqlite) { ingestion in
            let answer = try await ingestion.upload(conf, type: "single_conf")
            let (upload, run) = try (#require(answer.json["id"]?.int64), #require(answer.json["run_id"]?.int64))
            #expect(try await ingestion.send(.delete, "/uploads/\(upload)").status == 409)
            #expect(try await ingestion.send(.post, "/runs/\(run)/cancel").status == 200)
            #expect(try await ingestion.send(.delete, "/uploads/\(upload)").status == 204)
        }
    }
}

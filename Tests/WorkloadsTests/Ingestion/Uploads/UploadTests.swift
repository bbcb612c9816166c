import Crypto
import HTTPTypes
import JSONText
import Storage
import TestSupport
import Testing
import WebCore

@Suite("Uploads", .timeLimit(.minutes(5)))
struct UploadTests {
    private let conf = Array("[a]\nx = 1\n".utf8)

    @Test("an upload is stored with its run and task, and told back", arguments: DatabaseKind.available)
    func stores(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let form = MultipartBody([
                .field("notes", "two\r\nlines"), .file("file", #"C:\\temp\\inputs.conf"#, conf), .field("label", "müll"),
                .field("type", "single_conf"),
            ])
            let answer = try await ingestion.send(.post, "/v1/uploads", headers: form.headers, body: form.bytes)
            #expect(answer.status == 201)
            let id = try #require(answer.json["id"]?.int64)
            #expect(answer.headers[.location] == "/v1/uploads/\(id)")
            #expect(answer.json["status"]?.string == "stored")
            #expect(answer.json["filename"]?.string == "inputs.conf")
            #expect(answer.json["size"]?.int64 == Int64(conf.count))
            #expect(answer.json["type"]?.string == "single_conf")
            #expect(answer.json["label"]?.string == "müll")
            #expect(answer.json["notes"]?.string == "two\r\nlines")
            let sha256 = SHA256.hash(data: conf).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            #expect(answer.json["sha256"]?.string == sha256)
            #expect(try ingestion.storedFiles() == ["default/\(sha256.prefix(2))/\(sha256)"])
            #expect(try await ingestion.get("/v1/uploads/\(id)").json.rawText == answer.json.rawText)
            #expect(try await ingestion.get("/uploads").rows.map(\.rawText) == [answer.json.rawText])
            let run = try await ingestion.get("/v1/runs/\(try #require(answer.json["run_id"]?.int64))")
            #expect(run.json["status"]?.string == "stored")
            #expect(run.json["task_id"]?.int64 == answer.json["task_id"]?.int64)
            #expect(try await ingestion.database.count("SELECT COUNT(*) FROM tasks WHERE state = 'queued'") == 1)
        }
    }

    @Test("the same bytes are stored once per tenant, each time with a new run", arguments: DatabaseKind.available)
    func deduplicates(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let first = try await ingestion.upload(conf, type: "single_conf", tenant: "a")
            let second = try await ingestion.upload(conf, type: "single_conf", tenant: "a")
            #expect(first.json["run_id"]?.int64 != second.json["run_id"]?.int64)
            #expect(try ingestion.storedFiles().count == 1)
            _ = try await ingestion.upload(conf, type: "single_conf", tenant: "b/../../c")
            #expect(try ingestion.storedFiles().count == 2)
            #expect(try ingestion.storedFiles().contains { $0.hasPrefix("b%2F%2E%2E%2F%2E%2E%2Fc/") })
            #expect(try await ingestion.database.count("SELECT SUM(refs) FROM blobs WHERE tenant = 'a' AND holds = 0") == 2)
        }
    }

    @Test("many uploads of the same bytes at once are stored once and all are readable", arguments: DatabaseKind.available)
    func concurrent(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<12 { group.addTask { try await ingestion.upload(conf, type: "single_conf").status } }
                for try await status in group { #expect(status == 201) }
            }
            #expect(try ingestion.storedFiles().count == 1)
            #expect(try await ingestion.database.count("SELECT refs FROM blobs") == 12)
        }
    }

    @Test("lists go page by page, newest first", arguments: DatabaseKind.available)
    func pages(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            var ids: [Int64] = []
            for _ in 0..<5 { ids.append(try #require(try await ingestion.upload(conf, type: "single_conf").json["id"]?.int64)) }
            #expect(try await ingestion.all("/v1/uploads", limit: 2).map { $0["id"]?.int64 } == ids.reversed())
            #expect(try await ingestion.all("/v1/runs?status=stored", limit: 2).count == 5)
            #expect(try await ingestion.all("/v1/runs?status=complete").isEmpty)
        }
    }

    @Test("what belongs to another tenant is not there", arguments: DatabaseKind.available)
    func isolation(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let mine = try await ingestion.upload(conf, type: "single_conf", tenant: "a")
            let (upload, run) = try (#require(mine.json["id"]?.int64), #require(mine.json["run_id"]?.int64))
            let paths = ["/uploads/\(upload)", "/runs/\(run)", "/runs/\(run)/files", "/runs/\(run)/stanzas", "/runs/\(run)/problems"]
            for path in paths {
                #expect(try await ingestion.get(path, tenant: "a").status == 200, "\(path)")
                #expect(try await ingestion.get(path, tenant: "b").status == 404, "\(path)")
            }
            #expect(try await ingestion.send(.post, "/runs/\(run)/parse", tenant: "b").status == 404)
            #expect(try await ingestion.send(.post, "/runs/\(run)/cancel", tenant: "b").status == 404)
            #expect(try await ingestion.send(.delete, "/uploads/\(upload)", tenant: "b").status == 404)
            #expect(try await ingestion.get("/uploads", tenant: "b").rows.isEmpty)
            #expect(try await ingestion.get("/runs", tenant: "b").rows.isEmpty)
            #expect(try await ingestion.get("/runs", tenant: "a").rows.count == 1)
        }
    }

    @Test("a parameter that nobody reads is refused by name")
    func parameters() async throws {
        try await IngestionHarness.with(.sqlite) { ingestion in
            let upload = try await ingestion.upload(conf, type: "single_conf").json
            let (id, run) = (try #require(upload["id"]?.int64), try #require(upload["run_id"]?.int64))
            for path in ["/v1/uploads/\(id)", "/v1/runs/\(run)"] { #expect(try await ingestion.get(path + "?more=1").status == 400) }
            let form = MultipartBody([.file("file", "a.conf", conf), .field("type", "single_conf")])
            #expect(try await ingestion.send(.post, "/uploads?label=a", headers: form.headers, body: form.bytes).status == 400)
            for path in ["/v1/runs/\(run)/parse?force=true", "/v1/runs/\(run)/cancel?force=true"] {
                #expect(try await ingestion.send(.post, path).status == 400)
            }
            #expect(try await ingestion.send(.delete, "/v1/uploads/\(id)?force=true").status == 400)
            #expect(try await ingestion.get("/v1/uploads").rows.count == 1)
        }
    }

    @Test("a viewer may read and not upload, an operator may not delete")
    func roles() async throws {
        try await IngestionHarness.with(.sqlite) { ingestion in
            let form = MultipartBody([.file("file", "a.conf", conf), .field("type", "single_conf")])
            var headers = form.headers
            headers[IngestionHarness.TestIdentity.role] = "viewer"
            #expect(try await ingestion.send(.post, "/uploads", headers: headers, body: form.bytes).status == 403)
            #expect(try ingestion.storedFiles().isEmpty)
            let upload = try #require(try await ingestion.upload(conf, type: "single_conf").json["id"]?.int64)
            let operation: HTTPFields = [IngestionHarness.TestIdentity.role: "operator"]
            #expect(try await ingestion.send(.delete, "/uploads/\(upload)", headers: operation).status == 403)
        }
    }
}

import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Idempotency-Key on uploads and runs", .timeLimit(.minutes(5)))
struct IdempotentUploadTests {
    private static let key = HTTPField.Name("Idempotency-Key")!
    private static let replayed = HTTPField.Name("Idempotency-Replayed")!
    private static let conf = Array("[a]\nb = c\n".utf8)

    private func upload(
        _ harness: IngestionHarness, _ bytes: [UInt8] = conf, label: String = "x", key: String = "k"
    ) async throws -> IngestionHarness.Answer {
        let form = MultipartBody([.field("type", "single_conf"), .field("label", label), .file("file", "inputs.conf", bytes)])
        var headers = form.headers
        headers[Self.key] = key
        return try await harness.send(.post, "/v1/uploads", headers: headers, body: form.bytes)
    }

    @Test("a repeated upload is stored once and answered again", arguments: DatabaseKind.available)
    func repeated(_ kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            let first = try await upload(harness)
            #expect(first.status == 201 && first.headers[Self.replayed] == nil)
            let second = try await upload(harness)
            #expect(second.status == 201 && second.headers[Self.replayed] == "true")
            #expect(second.json.rawText == first.json.rawText)
            let found1 = try await harness.database.count("SELECT COUNT(*) FROM uploads")
            #expect(found1 == 1)
            // The second file's place is given back: the first one's reference is the only one.
            let found2 = try await harness.database.count("SELECT COUNT(*) FROM blobs WHERE refs = 1 AND holds = 0")
            #expect(found2 == 1)
            #expect(try harness.storedFiles().count == 1)
        }
    }

    @Test("another file or field with the same key is refused and leaves nothing", arguments: DatabaseKind.available)
    func reused(_ kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            _ = try await upload(harness)
            for answer in [try await upload(harness, Array("[z]\n".utf8)), try await upload(harness, label: "y")] {
                #expect(answer.status == 422 && answer.code == "idempotency_key_reused")
            }
            let found3 = try await harness.database.count("SELECT COUNT(*) FROM uploads")
            #expect(found3 == 1)
            let found4 = try await harness.database.count("SELECT COUNT(*) FROM blobs WHERE holds > 0")
            #expect(found4 == 0)
        }
    }

    @Test("a key that is none is refused before the file is read", arguments: DatabaseKind.available)
    func malformed(_ kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            let answer = try await upload(harness, key: "a b")
            #expect(answer.status == 400)
            let blobs = try await harness.database.count("SELECT COUNT(*) FROM blobs")
            #expect(blobs == 0)
        }
    }

    @Test("of an upload that was deleted since, the ids are answered", arguments: DatabaseKind.available)
    func deleted(_ kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            let first = try await upload(harness)
            let (id, run) = (try #require(first.json["id"]?.int64), try #require(first.json["run_id"]?.int64))
            _ = try await harness.send(.post, "/v1/runs/\(run)/cancel")
            let found5 = try await harness.send(.delete, "/v1/uploads/\(id)").status
            #expect(found5 == 204)
            let again = try await upload(harness)
            #expect(again.status == 201 && again.json["id"]?.int64 == id && again.json["status"]?.string == "deleted")
            let found6 = try await harness.database.count("SELECT COUNT(*) FROM uploads")
            #expect(found6 == 0)
        }
    }

    @Test("a run is read again once per key", arguments: DatabaseKind.available)
    func parse(_ kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            let runs = [try await upload(harness, key: "1"), try await upload(harness, key: "2")].compactMap { $0.json["run_id"]?.int64 }
            for run in runs { _ = try await harness.send(.post, "/v1/runs/\(run)/cancel") }
            let headers: HTTPFields = [Self.key: "p"]
            let first = try await harness.send(.post, "/v1/runs/\(runs[0])/parse", headers: headers)
            #expect(first.status == 202)
            let second = try await harness.send(.post, "/v1/runs/\(runs[0])/parse", headers: headers)
            #expect(second.status == 202 && second.headers[Self.replayed] == "true" && second.json.rawText == first.json.rawText)
            let other = try await harness.send(.post, "/v1/runs/\(runs[1])/parse", headers: headers)
            #expect(other.status == 422 && other.code == "idempotency_key_reused")
            let found7 = try await harness.send(.post, "/v1/runs/\(runs[0])/parse").status
            #expect(found7 == 409)
            let found8 = try await harness.database.count("SELECT COUNT(*) FROM tasks")
            #expect(found8 == 3)
        }
    }
}

import HTTPTypes
import Storage
import Synchronization
import TestSupport
import Testing
import Workloads

@Suite("Uploads that are refused", .timeLimit(.minutes(5)))
struct UploadRefusalTests {
    /// A body and how it is answered.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var body: [UInt8]
        var contentType = "multipart/form-data; boundary=\(MultipartBody.boundary)"
        var status: Int
        var code: String
        var pointers: [String] = []

        init(_ name: String, _ parts: [MultipartBody.Part], _ pointers: [String]) {
            testDescription = name
            body = MultipartBody(parts).bytes
            status = 422
            code = "invalid_fields"
            self.pointers = pointers
        }

        init(_ name: String, body: String, contentType: String? = nil, _ status: Int, _ code: String) {
            testDescription = name
            self.body = Array(body.utf8)
            if let contentType { self.contentType = contentType }
            self.status = status
            self.code = code
        }
    }

    private static let file = MultipartBody.Part.file("file", "a.conf", Array("[a]\n".utf8))
    private static let type = MultipartBody.Part.field("type", "single_conf")
    private static let start = "--\(MultipartBody.boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"

    static let cases = [
        Case("nothing at all", [], ["/file", "/type"]),
        Case("no file", [type], ["/file"]),
        Case("no type", [file], ["/type"]),
        Case("an unknown type", [file, .field("type", "zip")], ["/type"]),
        Case("a file as a field", [.field("file", "x"), type], ["/file"]),
        Case("a type as a file", [file, .file("type", "t", [])], ["/type"]),
        Case("two files", [file, file, type], ["/file"]),
        Case("two types", [type, file, type], ["/type"]),
        Case("unknown fields", [.field("a/b", "1"), file, .field("color", "red"), type], ["/a~1b", "/color"]),
        Case("an unknown file", [file, .file("extra", "x", [1]), type], ["/extra"]),
        Case("an empty archive", [.file("file", "a.tar", []), .field("type", "instance_etc")], ["/file"]),
        Case("a long label", [file, type, .field("label", String(repeating: "x", count: 201))], ["/label"]),
        Case("no multipart", body: "{}", contentType: "application/json", 415, "unsupported_media_type"),
        Case("no boundary", body: "--x--", contentType: "multipart/form-data", 400, "malformed_multipart"),
        Case("a bad boundary", body: "--x--", contentType: "multipart/form-data; boundary=\"a\u{e9}\"", 400, "malformed_multipart"),
        Case("an end before the closing boundary", body: start + "[a]\r\n", 400, "malformed_multipart"),
        Case("another boundary than announced", body: "--other\r\n\r\n--other--", 400, "malformed_multipart"),
        Case("an empty body", body: "", 400, "malformed_multipart"),
        Case("a part without a name", body: "--\(MultipartBody.boundary)\r\n\r\nx\r\n", 400, "malformed_multipart"),
        Case(
            "headers of a part without end", body: "--\(MultipartBody.boundary)\r\nX: " + String(repeating: "y", count: 1 << 20), 400,
            "malformed_multipart"),
        Case(
            "a field without end",
            body: "--\(MultipartBody.boundary)\r\nContent-Disposition: form-data; name=notes\r\n\r\n"
                + String(repeating: "y", count: 1 << 20), 413,
            "body_too_large"),
    ]

    @Test("is answered with a problem and leaves nothing behind", arguments: cases)
    func refuses(_ example: Case) async throws {
        try await IngestionHarness.with(.sqlite) { ingestion in
            let answer = try await ingestion.send(.post, "/v1/uploads", headers: [.contentType: example.contentType], body: example.body)
            #expect(answer.status == example.status)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer.code == example.code)
            #expect(answer.pointers == example.pointers)
            try await expectNothing(ingestion)
        }
    }

    @Test("a file that is too large is refused by its declared length, or while it comes", arguments: [true, false])
    func tooLarge(isDeclared: Bool) async throws {
        try await IngestionHarness.with(.sqlite, maxUpload: 1000) { ingestion in
            let form = MultipartBody([.file("file", "a.conf", Array(repeating: 0x23, count: 1001)), Self.type])
            var headers = form.headers
            if isDeclared { headers[.contentLength] = "9000000" }
            let answer = try await ingestion.send(.post, "/uploads", headers: headers, body: form.bytes)
            #expect(answer.status == 413)
            try await expectNothing(ingestion)
            let exact = MultipartBody([.file("file", "a.conf", Array(repeating: 0x23, count: 1000)), Self.type])
            #expect(try await ingestion.send(.post, "/uploads", headers: exact.headers, body: exact.bytes).status == 201)
        }
    }

    @Test("without free disk an upload is 507, before the first byte or in the middle", arguments: [1, 2])
    func diskFull(looks: Int) async throws {
        let left = Mutex(looks)
        let freeBytes: @Sendable () -> Int64 = {
            left.withLock { left in
                left -= 1
                return left > 0 ? 1 << 40 : 1000
            }
        }
        try await IngestionHarness.with(.sqlite, freeBytes: freeBytes) { ingestion in
            let answer = try await ingestion.upload(Array("[a]\n".utf8), type: "single_conf")
            #expect(answer.status == 507)
            #expect(answer.code == "disk_full")
            try await expectNothing(ingestion)
            left.withLock { $0 = 100 }
            #expect(try await ingestion.upload(Array("[a]\n".utf8), type: "single_conf").status == 201)
        }
    }

    @Test("without its queue an upload is refused, and its file goes with the next sweep", arguments: DatabaseKind.available)
    func unknownQueue(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            _ = try await ingestion.database.write { try $0.execute("DELETE FROM queues") }
            let answer = try await ingestion.upload(Array("[a]\n".utf8), type: "single_conf")
            #expect(answer.status == 422)
            #expect(answer.code == "unknown_queue")
            try await ingestion.workload.sweeper.sweep(.routine)
            try await expectNothing(ingestion)
        }
    }

    private func expectNothing(_ ingestion: IngestionHarness) async throws {
        #expect(try ingestion.storedFiles().isEmpty)
        let rows = try await ingestion.database.count(
            "SELECT (SELECT COUNT(*) FROM uploads) + (SELECT COUNT(*) FROM runs) + (SELECT COUNT(*) FROM blobs) + (SELECT COUNT(*) FROM tasks)"
        )
        #expect(rows == 0)
    }
}

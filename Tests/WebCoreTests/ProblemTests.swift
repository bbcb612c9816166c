import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InMemoryLogging
import JSONText
import Logging
import NIOCore
import Storage
import Testing
import WebCore

@Suite("Problems")
struct ProblemTests {
    private struct Unexpected: Error { let secret = "hunter2" }

    private func answer(to error: any Error, logger: Logger? = nil) async throws -> TestResponse {
        var web = WebApp()
        if let logger { web.logger = logger }
        let app = web.make { routes in routes.get("/fail", .open) { _, _ in throw error } }
        return try await app.test(.router) { try await $0.execute(uri: "/v1/fail", method: .get) }
    }

    @Test("a problem has the members of RFC 9457 and ours")
    func members() async throws {
        let error = Problem(.invalidFields, "Two fields.", errors: [FieldProblem(pointer: "/a/0", detail: "is \"bad\"")])
        let response = try await answer(to: error)
        #expect(response.status.code == 422)
        #expect(response.headers[.contentType] == "application/problem+json")
        let root = try JSONDocument(parsing: response.body.readableBytesView).root
        #expect(root.members.map(\.key) == ["type", "title", "status", "detail", "code", "request_id", "errors"])
        #expect(root["type"]?.string == "urn:millrace:problem:invalid_fields")
        #expect(root["status"]?.int64 == 422)
        #expect(root["request_id"]?.string == response.headers[HTTPField.Name("X-Request-Id")!])
        #expect(root["errors"]?.rawText == "[{\"pointer\":\"/a/0\",\"detail\":\"is \\\"bad\\\"\"}]")
    }

    @Test("every code has a title, and a status between 400 and 599", arguments: ProblemCode.allCases)
    func codes(_ code: ProblemCode) async throws {
        #expect(!code.title.isEmpty)
        let response = try await answer(to: Problem(code))
        #expect(response.status == code.status)
        #expect((400...599).contains(code.status.code))
        #expect(ReceivedProblem(response.body).code == code.rawValue)
        #expect((response.headers[.retryAfter] != nil) == [429, 503].contains(code.status.code))
        #expect((response.headers[.wwwAuthenticate] != nil) == (code.status.code == 401))
    }

    @Test(
        "a wait is rounded up to whole seconds",
        arguments: [(Duration.milliseconds(1), "1"), (.zero, "1"), (.milliseconds(1500), "2"), (.seconds(30), "30")])
    func retryAfter(_ wait: Duration, _ expected: String) async throws {
        #expect(try await answer(to: Problem(.draining, retryAfter: wait)).headers[.retryAfter] == expected)
    }

    @Test(
        "storage errors become 503, a full disk 507, mistakes 500",
        arguments: [
            (StorageError.Code.unavailable, 503), (.busy, 503), (.locked, 503), (.conflict, 503), (.readOnly, 503), (.corrupt, 503),
            (.ioError, 503),
            (.credentials, 503), (.outcomeUnknown, 503), (.diskFull, 507), (.constraint, 500), (.other, 500),
        ])
    func storage(_ code: StorageError.Code, _ status: Int) async throws {
        let response = try await answer(to: StorageError(code, "host db.internal, password hunter2"))
        #expect(response.status.code == status)
        #expect(!String(buffer: response.body).contains("hunter2"))
        #expect((response.headers[.retryAfter] != nil) == (status == 503))
    }

    @Test("an unknown error is a 500 that tells nothing, and the log tells all under the same id")
    func unknown() async throws {
        let handler = InMemoryLogHandler()
        let response = try await answer(to: Unexpected(), logger: Logger(label: "test", factory: { _ in handler }))
        #expect(response.status == .internalServerError)
        #expect(!String(buffer: response.body).contains("hunter2"))
        let id = try #require(ReceivedProblem(response.body).requestID)
        let entry = try #require(handler.entries.first { $0.level == .error })
        #expect(entry.metadata["hb.request.id"]?.description == id)
        #expect(entry.metadata["error"]?.description.contains("hunter2") == true)
    }

    @Test(
        "errors of the framework become problems without their texts",
        arguments: [
            (400, "malformed_request"), (401, "unauthenticated"), (403, "forbidden"), (404, "not_found"), (409, "conflict"),
            (413, "body_too_large"),
            (415, "unsupported_media_type"), (418, "malformed_request"), (422, "invalid_fields"), (429, "too_many_requests"),
            (500, "internal_error"),
            (503, "overloaded"), (507, "disk_full"),
        ])
    func framework(_ status: Int, _ code: String) async throws {
        let response = try await answer(to: HTTPError(.init(code: status), message: "hunter2"))
        #expect(ReceivedProblem(response.body).code == code)
        #expect(!String(buffer: response.body).contains("hunter2"))
    }

    @Test("a cancelled handler is a 503 and a body over a limit a 413")
    func others() async throws {
        #expect(try await answer(to: CancellationError()).status == .serviceUnavailable)
        let tooLong = try await answer(to: NIOTooManyBytesError(maxBytes: 1_234_567))
        #expect(tooLong.status == .contentTooLarge)
        #expect(!String(buffer: tooLong.body).contains("1234567"))
        #expect(try await answer(to: MultipartError.unfinished).status == .badRequest)
        #expect(try await answer(to: MultipartError.notMultipart).status == .unsupportedMediaType)
        #expect(try await answer(to: MultipartError.fieldTooLarge(name: "notes")).status == .contentTooLarge)
    }
}

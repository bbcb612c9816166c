import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSONText
import NIOCore
import Testing
import WebCore

@Suite("JSON bodies")
struct JSONBodyTests {
    private let app = WebApp().make { routes in
        routes.post("/echo", .open) { request, context in
            let value = try await request.json(limit: 100_000, context: context)
            return .json { $0.raw(value.rawBytes) }
        }
        routes.post("/optional", .open) { request, context in
            let value = try await request.optionalJSON(limit: 1000, context: context)
            return .text(value?.rawText ?? "none")
        }
    }

    private func post(_ body: String?, type: String? = "application/json", headers: HTTPFields = [:], to path: String = "/echo")
        async throws -> TestResponse
    {
        var headers = headers
        headers[.contentType] = type
        return try await app.test(.router) { [headers] in
            try await $0.execute(uri: path, method: .post, headers: headers, body: body.map { ByteBuffer(string: $0) })
        }
    }

    @Test(
        "JSON types are accepted, and a body without a type",
        arguments: [
            "application/json", "Application/JSON; charset=utf-8", "application/json;charset=\"UTF-8\"", "application/vnd.x+json", nil,
        ])
    func accepts(_ type: String?) async throws {
        let response = try await post(" {\"a\": 1.0} ", type: type)
        #expect(response.status == .ok)
        #expect(String(buffer: response.body) == "{\"a\": 1.0}")
        #expect(response.headers[.contentType] == "application/json")
    }

    @Test(
        "other types are a 415",
        arguments: [
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=latin1",
            "json",
        ])
    func refusesTypes(_ type: String) async throws {
        let response = try await post("{}", type: type)
        #expect(response.status == .unsupportedMediaType)
        #expect(ReceivedProblem(response.body).code == "unsupported_media_type")
    }

    @Test(
        "a type that cannot be read is a 400",
        arguments: ["application/json; charset", "; x", "application/json; a=1; a=2", "application/json; a=\"x"])
    func unreadableTypes(_ type: String) async throws {
        #expect(try await post("{}", type: type).status == .badRequest)
    }

    @Test("a compressed body is a 415")
    func compressed() async throws {
        #expect(try await post("{}", headers: [.contentEncoding: "gzip"]).status == .unsupportedMediaType)
        #expect(try await post("{}", headers: [.contentEncoding: "identity"]).status == .ok)
    }

    @Test("malformed JSON is a 400 that says where and repeats nothing")
    func malformed() async throws {
        let response = try await post("{\"password\": hunter2}")
        #expect(response.status == .badRequest)
        #expect(ReceivedProblem(response.body).code == "malformed_json")
        #expect(String(buffer: response.body).contains("at byte 13"))
        #expect(!String(buffer: response.body).contains("hunter2"))
    }

    @Test("an empty body is a 400 unless there need not be one", arguments: ["", nil])
    func empty(_ body: String?) async throws {
        #expect(try await post(body).status == .badRequest)
        let optional = try await post(body, type: nil, to: "/optional")
        #expect(String(buffer: optional.body) == "none")
    }

    @Test("a body over the limit is a 413 that closes the connection")
    func tooLarge() async throws {
        let fits = "\"" + String(repeating: "x", count: 99_998) + "\""
        #expect(try await post(fits).status == .ok)
        let response = try await post(fits + " ")
        #expect(response.status == .contentTooLarge)
        #expect(response.headers[.connection] == "close")
    }

    @Test("nesting deeper than 64 is a 400")
    func depth() async throws {
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(try await post(deep).status == .badRequest)
        #expect(try await post(String(deep.dropFirst().dropLast())).status == .ok)
    }

    @Test("a body that is shorter or longer than declared is a 400", arguments: ["1", "3"])
    func wrongLength(_ length: String) async throws {
        let request = Request.testing("/x", method: .post, headers: [.contentLength: length], body: "{}")
        let problem = await #expect(throws: Problem.self) { try await request.json(context: .testing()) }
        #expect(problem?.code == .malformedRequest)
    }
}

import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InMemoryLogging
import Logging
import Testing
import WebCore

@Suite("Request ids, log lines and durations")
struct RequestObserverTests {
    private let header = HTTPField.Name("X-Request-Id")!
    private let handler = InMemoryLogHandler()
    private let registry = PrometheusRegistry()

    private func app() -> Application<RouterResponder<MillraceRequestContext>> {
        var web = WebApp(metrics: registry)
        web.logger = Logger(label: "test", factory: { [handler] _ in handler })
        web.logger.logLevel = .debug
        return web.make { routes in
            routes.get("/tasks/{id}", .open) { _, context in .text(context.requestID) }
            routes.get("/fail", .open) { _, _ in throw Problem(.internalError) }
        }
    }

    @Test(
        "a usable id of the client is taken over",
        arguments: ["abc-123", "Root=1-67891233-abcdef012345678912345678", String(repeating: "x", count: 128)])
    func takesOver(_ id: String) async throws {
        try await app().test(.router) { client in
            try await client.execute(uri: "/v1/tasks/1", method: .get, headers: [header: id]) { response in
                #expect(response.headers[header] == id)
                #expect(String(buffer: response.body) == id)
            }
        }
        #expect(handler.entries.contains { $0.metadata["hb.request.id"]?.description == id })
    }

    @Test(
        "any other is replaced, and no two answers share one",
        arguments: ["", "a b", "a\tb", "é", String(repeating: "x", count: 129), "<script>", nil])
    func replaces(_ id: String?) async throws {
        var headers = HTTPFields()
        headers[header] = id
        let ids = try await app().test(.router) { [headers] client in
            let first = try await client.execute(uri: "/v1/tasks/1", method: .get, headers: headers)
            let second = try await client.execute(uri: "/nope", method: .get, headers: headers)
            return [first.headers[header], second.headers[header]]
        }
        #expect(ids[0] != id && ids[1] != id && ids[0] != ids[1])
        #expect(ids.allSatisfy { ($0 ?? "").count >= 8 })
    }

    @Test("a request is one line at debug, a 5xx one at info, and the query is in neither")
    func lines() async throws {
        try await app().test(.router) { client in
            _ = try await client.execute(uri: "/v1/tasks/1?token=hunter2", method: .get)
            _ = try await client.execute(uri: "/v1/fail", method: .get)
        }
        let lines = handler.entries.filter { $0.message == "request" }
        #expect(lines.map(\.level) == [.debug, .info])
        #expect(lines.map { $0.metadata["status"]?.description } == ["200", "500"])
        #expect(lines.map { $0.metadata["path"]?.description } == ["/v1/tasks/1", "/v1/fail"])
        #expect(!handler.entries.contains { "\($0)".contains("hunter2") })
    }

    @Test("durations are counted by route without prefix, method and status class")
    func durations() async throws {
        try await app().test(.router) { client in
            for path in ["/v1/tasks/1", "/api/tasks/2", "/tasks/3", "/v1/tasks/4/"] {
                _ = try await client.execute(uri: path, method: .get)
            }
            _ = try await client.execute(uri: "/v1/tasks/1", method: .post)
            for number in 0..<3 { _ = try await client.execute(uri: "/nope/\(number)", method: .get) }
            for method in ["BREW", "WHEN"] { _ = try await client.execute(uri: "/v1/tasks/1", method: .init(method)!) }
        }
        let text = registry.render()
        func count(_ route: String, _ method: String, _ status: String) -> String {
            "http_server_request_duration_seconds_count{http_request_method=\"\(method)\",http_response_status_class=\"\(status)\",http_route=\"\(route)\"}"
        }
        #expect(text.contains(count("/tasks/{id}", "GET", "2xx") + " 4\n"))
        #expect(text.contains(count("/tasks/{id}", "POST", "4xx") + " 1\n"))
        #expect(text.contains(count("NotFound", "GET", "4xx") + " 3\n"))
        #expect(text.contains(count("NotFound", "OTHER", "5xx") + " 2\n"))
    }
}

import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing
import WebCore

@Suite("Routes")
struct RoutesTests {
    private let app = WebApp().make { routes in
        routes.get("/tasks/{id}", .open) { _, context in .text("read \(try context.pathID())") }
        routes.post("/tasks", .open) { _, _ in .text("submit") }
        routes.post("/tasks/batch", .open) { _, _ in .text("batch") }
        routes.get("/queues/{name}", .open) { _, context in .text(try context.pathText("name")) }
        routes.delete("/uploads/{id}", .open) { _, _ in .noContent }
        routes.page(.get, "/dashboard/tasks", .open) { _, _ in .text("page") }
        routes.page(.get, "/", .open) { _, _ in .text("overview") }
    }

    @Test("an API route answers under each prefix, with and without a trailing slash", arguments: ["/v1", "/api", ""], ["", "/"])
    func prefixes(_ prefix: String, _ slash: String) async throws {
        try await app.test(.router) { client in
            try await client.execute(uri: "\(prefix)/tasks/7\(slash)", method: .get) { #expect(String(buffer: $0.body) == "read 7") }
            try await client.execute(uri: "\(prefix)/tasks\(slash)", method: .post) { #expect(String(buffer: $0.body) == "submit") }
            try await client.execute(uri: "\(prefix)/tasks/batch\(slash)", method: .post) { #expect(String(buffer: $0.body) == "batch") }
        }
    }

    @Test("a page answers where it is and nowhere else")
    func pages() async throws {
        try await app.test(.router) { client in
            try await client.execute(uri: "/dashboard/tasks", method: .get) { #expect($0.status == .ok) }
            try await client.execute(uri: "/", method: .get) { #expect(String(buffer: $0.body) == "overview") }
            try await client.execute(uri: "/v1/dashboard/tasks", method: .get) { #expect($0.status == .notFound) }
        }
    }

    @Test("HEAD follows GET and has no body")
    func head() async throws {
        try await app.test(.router) { client in
            try await client.execute(uri: "/v1/tasks/7", method: .head) { response in
                #expect(response.status == .ok)
                #expect(response.body.readableBytes == 0)
                #expect(response.headers[.contentLength] == "6")
            }
        }
    }

    @Test(
        "another method of a known path is a 405 that lists what is allowed",
        arguments: [
            ("/v1/tasks/7", HTTPRequest.Method.delete, "GET, HEAD, OPTIONS"), ("/tasks", .get, "OPTIONS, POST"),
            ("/api/tasks/", .patch, "OPTIONS, POST"),
            ("/uploads/1", .head, "DELETE, OPTIONS"), ("/dashboard/tasks", .post, "GET, HEAD, OPTIONS"),
            ("/v1/tasks", .trace, "OPTIONS, POST"),
        ])
    func methodNotAllowed(_ path: String, _ method: HTTPRequest.Method, _ allow: String) async throws {
        try await app.test(.router) { client in
            try await client.execute(uri: path, method: method) { response in
                #expect(response.status == .methodNotAllowed)
                #expect(response.headers[.allow] == allow)
                #expect(response.headers[.contentType] == "application/problem+json")
                if method != .head { #expect(ReceivedProblem(response.body).code == "method_not_allowed") }
            }
        }
    }

    @Test("OPTIONS says what is allowed")
    func options() async throws {
        try await app.test(.router) { client in
            try await client.execute(uri: "/v1/tasks/7", method: .options) { response in
                #expect(response.status == .noContent)
                #expect(response.headers[.allow] == "GET, HEAD, OPTIONS")
            }
        }
    }

    @Test("an unknown path is a 404 and an unknown method a 501, both problems")
    func unknown() async throws {
        try await app.test(.router) { client in
            for path in ["/nope", "/v1", "/v1/tasks/7/nope", "/v2/tasks", "/v1/v1/tasks"] {
                try await client.execute(uri: path, method: .get) { response in
                    #expect(response.status == .notFound)
                    #expect(ReceivedProblem(response.body).code == "not_found")
                }
            }
            try await client.execute(uri: "/v1/tasks", method: .init("BREW")!) { response in
                #expect(response.status == .notImplemented)
                #expect(ReceivedProblem(response.body).code == "method_unknown")
            }
        }
    }

    @Test("an id that no row can have is a 404", arguments: ["x", "0", "-1", "1.5", "99999999999999999999", "1%20"])
    func badIDs(_ id: String) async throws {
        try await app.test(.router) { client in
            try await client.execute(uri: "/v1/tasks/\(id)", method: .get) { #expect($0.status == .notFound) }
        }
    }

    @Test("names in paths are percent-decoded")
    func names() async throws {
        try await app.test(.router) { client in
            try await client.execute(uri: "/v1/queues/a%20b%2Fc", method: .get) { #expect(String(buffer: $0.body) == "a b/c") }
            try await client.execute(uri: "/v1/queues/%FF", method: .get) { #expect($0.status == .notFound) }
        }
    }
}

import Foundation
import JSONText
import TestSupport
import Testing

extension EndToEnd {
    @Suite("A server with keys", .timeLimit(.minutes(5)))
    struct AccessTests {
        private static let secret = "a secret of thirty-two bytes or more"
        private static let keyed = ["MILLRACE_JWT_SECRET": secret, "MILLRACE_METRICS_TOKEN": "metrics-0123456789"]

        private static func output(_ site: MillraceSite, _ words: [String], _ settings: [String: String] = keyed) async throws -> String {
            let child = try site.run(words, settings)
            let ending = try await child.end(within: .seconds(60))
            #expect(ending == .code(0), "\(words): \(child.errorText)")
            return child.lines.values.joined(separator: "\n")
        }

        private static func status(_ api: MillraceAPI, _ path: String, _ token: String?) async throws -> Int {
            var request = HTTPRequest.get(path)
            if let token { request.headers.append(("Authorization", "Bearer \(token)")) }
            return try await api.connection.send(request).status
        }

        @Test("callers show tokens that the command made, and see what their role may", arguments: DatabaseKind.available)
        func tokens(_ kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let api = try await site.serve(Self.keyed).api
                let admin = try await Self.output(site, ["token", "--tenant", "acme", "--role", "admin", "--ttl", "8h"])
                let viewer = try await Self.output(site, ["token", "--tenant", "acme", "--role", "viewer"])
                #expect(try await Self.status(api, "/v1/tasks", nil) == 401)
                #expect(try await Self.status(api, "/v1/tasks", viewer) == 200)
                #expect(try await Self.status(api, "/v1/tokens", viewer) == 403)
                #expect(try await Self.status(api, "/v1/tokens", admin) == 200)
                let forged = "\(admin.dropLast(2))AA"
                #expect(try await Self.status(api, "/v1/tasks", forged) == 401)
                #expect(try await Self.status(api, "/metrics", "metrics-0123456789") == 200)
                #expect(try await Self.status(api, "/metrics", admin) == 403)
                for path in ["/livez", "/readyz", "/health", "/version", "/login", "/worker/health"] {
                    #expect(try await Self.status(api, path, nil) == 200)
                }
            }
        }

        @Test("commands beside the server need no token where they could write to the database, and one elsewhere")
        func commands() async throws {
            try await withSite(.sqlite) { site in
                let server = try await site.serve(Self.keyed)
                #expect(try await Self.output(site, ["submit", "demo.echo", "[1]", "--wait"]) == "[1]")
                let url = "http://127.0.0.1:\(server.port)"
                let refused = try site.run(["submit", "demo.noop", "--url", url], Self.keyed)
                #expect(try await refused.end(within: .seconds(60)) == .code(65))
                #expect(refused.errorText.contains("This needs a token"))
                let token = try await Self.output(site, ["token", "--tenant", "acme", "--role", "operator"])
                let path = try site.place.directory.write("token", token + "\n")
                let result = try await Self.output(site, ["submit", "demo.echo", "[2]", "--wait", "--url", url, "--token-file", path], [:])
                #expect(result == "[2]")
                let byVariable = try await Self.output(site, ["submit", "demo.noop", "--url", url], ["MILLRACE_TOKEN": token])
                #expect(Int64(byVariable) != nil)
            }
        }

        @Test("with keys an address that other machines can reach is listened on")
        func openAddress() async throws {
            try await withSite(.sqlite) { site in
                let child = try site.run(["serve", "--bind", "0.0.0.0:0"], Self.keyed)
                let line = try await child.lines.wait(within: .seconds(60))[0]
                let port = try #require(line.split(separator: ":").last.flatMap { Int($0) })
                #expect(line.hasPrefix("millrace listens on http://0.0.0.0:"))
                #expect(try await Self.status(MillraceAPI(port: port), "/v1/tasks", nil) == 401)
            }
        }

        @Test(
            "keys that cannot be used stop the start with one line that names them and not their value",
            arguments: [
                (["MILLRACE_JWT_SECRET": "hunter2"], ["MILLRACE_JWT_SECRET", "32 bytes"]),
                (["MILLRACE_JWKS": "/nowhere/keys.json"], ["MILLRACE_JWKS=/nowhere/keys.json", "cannot be read"]),
                (["MILLRACE_JWKS": "http://keys.example/"], ["MILLRACE_JWKS", "https://"]),
                (["MILLRACE_JWKS": ".env.example"], ["MILLRACE_JWKS"]),
                (["MILLRACE_METRICS_TOKEN": "hunter2"], ["MILLRACE_METRICS_TOKEN", "16 bytes"]),
                (["MILLRACE_JWT_SECRET": secret, "MILLRACE_JWT_SKEW_MS": "1h"], ["MILLRACE_JWT_SKEW_MS=1h"]),
            ] as [([String: String], [String])])
        func start(settings: [String: String], words: [String]) async throws {
            try await withSite(.sqlite) { site in
                let child = try site.run(["serve", "--bind", "127.0.0.1:0"], settings)
                #expect(try await child.end(within: .seconds(60)) == .code(64))
                for word in words { #expect(child.errorText.contains(word), "\(child.errorText)") }
                #expect(!child.errorText.contains("hunter2"))
            }
        }
    }
}

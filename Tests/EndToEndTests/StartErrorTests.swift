import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Start errors", .timeLimit(.minutes(5)))
    struct StartErrorTests {
        @Test(
            "a setting that is wrong stops the start with one line and exit code 64",
            arguments: [
                (["MILLRACE_GRACE": "1"], ["MILLRACE_GRACE ", "MILLRACE_GRACE_MS"]),
                (["MILLRACE_HEARTBEAT": "1"], ["MILLRACE_HEARTBEAT ", "MILLRACE_HEARTBEAT_MS"]),
                (["MILLRACE_GRACE_MS": "soon"], ["MILLRACE_GRACE_MS=soon"]),
                (["MILLRACE_GRACE_MS": "-1"], ["MILLRACE_GRACE_MS=-1"]),
                (["MILLRACE_POOLS": "default"], ["MILLRACE_POOLS=default"]),
                (["MILLRACE_MIN_FREE": "lots"], ["MILLRACE_MIN_FREE=lots", "MiB"]),
                (["MILLRACE_SYNCHRONOUS": "sometimes"], ["MILLRACE_SYNCHRONOUS=sometimes", "full"]),
                (["LOG_LEVEL": "loud"], ["LOG_LEVEL=loud", "info"]),
                (["MILLRACE_BIND": "nowhere"], ["MILLRACE_BIND=nowhere"]),
                (["DATABASE_URL": "mysql://root:hunter2@localhost/x"], ["DATABASE_URL", "sqlite:", "postgres://"]),
                (["DATABASE_URL": "sqlite:"], ["DATABASE_URL"]),
                (["MILLRACE_ROOT": "/nonexistent"], ["/nonexistent/migrations", "MILLRACE_ROOT"]),
            ] as [([String: String], [String])])
        func settings(variables: [String: String], words: [String]) async throws {
            // What is not given on the command line comes from the environment.
            try await expectFailure(64, words, variables, arguments: ["serve"])
        }

        @Test(
            "an address that other machines can reach is refused while there are no keys",
            arguments: ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
        func openDoor(address: String) async throws {
            try await expectFailure(64, ["MILLRACE_BIND", "loopback"], arguments: ["serve", "--bind", address])
        }

        @Test("a port that is taken is named")
        func takenPort() async throws {
            let (descriptor, port) = try LoopbackSocket.listen()
            defer { close(descriptor) }
            try await expectFailure(69, ["127.0.0.1:\(port)"], arguments: ["serve", "--bind", "127.0.0.1:\(port)"])
        }

        @Test("a file that is no SQLite database is named and left as it is")
        func damagedFile() async throws {
            try await withSite(.sqlite) { site in
                let text = String(repeating: "This is no database. ", count: 500)
                let path = try site.place.directory.write("notes.txt", text)
                try await Self.expectFailure(site, 73, [path, "damaged"], ["DATABASE_URL": "sqlite:\(path)"])
                #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
            }
        }

        @Test("a database whose pages were overwritten is named")
        func damagedPages() async throws {
            try await withSite(.sqlite) { site in
                let first = try await site.serve()
                #expect(try await first.terminate() == .code(0))
                let file = try #require(FileHandle(forUpdatingAtPath: site.place.url))
                try file.seek(toOffset: 100)
                try file.write(contentsOf: Data(repeating: 0xa5, count: 64 * 1024))
                try file.close()
                try await Self.expectFailure(site, 73, [site.place.url, "damaged"])
            }
        }

        @Test("a directory that cannot be made is named", arguments: ["DATABASE_URL", "MILLRACE_DATA_DIR"])
        func directory(setting: String) async throws {
            try await withSite(.sqlite) { site in
                // Below a file there can be no directory, whoever asks.
                let path = try site.place.directory.write("file", "") + "/below"
                let value = setting == "DATABASE_URL" ? "sqlite:\(path)/millrace.db" : path
                try await Self.expectFailure(site, 73, [path], [setting: value])
            }
        }

        @Test("a PostgreSQL server that is down is named, without the password")
        func postgresDown() async throws {
            let port = try LoopbackSocket.freePort()
            try await expectFailure(
                69, ["127.0.0.1", "\(port)"], ["DATABASE_URL": "postgres://millrace:hunter2@127.0.0.1:\(port)/millrace"])
        }

        @Test(
            "a role or database that PostgreSQL does not have is named", .enabled(if: PostgresSchema.isAvailable, "no PostgreSQL server"),
            arguments: ["user", "dbname"])
        func postgresCredentials(keyword: String) async throws {
            let server = try #require(PostgresSchema.serverURL)
            let url = server + (server.contains("?") ? "&" : "?") + "\(keyword)=nobody_made_this"
            try await expectFailure(69, ["nobody_made_this"], ["DATABASE_URL": url])
        }

        private func expectFailure(
            _ code: Int32, _ words: [String], _ variables: [String: String] = [:], arguments: [String] = ["serve", "--bind", "127.0.0.1:0"]
        ) async throws {
            try await withSite(.sqlite) { try await Self.expectFailure($0, code, words, variables, arguments: arguments) }
        }

        /// The process ends with `code`, and its last words are one line that has every one of `words`; before it, nothing
        /// worse than information was logged.
        private static func expectFailure(
            _ site: MillraceSite, _ code: Int32, _ words: [String], _ variables: [String: String] = [:],
            arguments: [String] = ["serve", "--bind", "127.0.0.1:0"]
        ) async throws {
            let child = try site.run(arguments, variables.merging(["LOG_LEVEL": variables["LOG_LEVEL"] ?? "notice"]) { $1 })
            #expect(try await child.end(within: .seconds(30)) == .code(code), "\(child.errorText)")
            let text = child.errorText
            #expect(text.hasPrefix("millrace: ") && text.split(separator: "\n").count == 1, "\(text)")
            for word in words { #expect(text.contains(word), "\(text)") }
            #expect(!text.contains("hunter2"))
            #expect(child.lines.values.isEmpty)
        }
    }
}

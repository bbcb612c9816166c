import Foundation
import JSONText
import Storage
import TestSupport
import Testing

extension EndToEnd {
    /// The binary of Examples/HelloTask: what a team gets that writes task types of its own.
    @Suite("A team's own binary", .timeLimit(.minutes(5)))
    struct HelloTaskTests {
        @Test(
            "it serves, runs its task type with result, progress, lines and writes of its own, and ends", arguments: DatabaseKind.available)
        func hello(kind: DatabaseKind) async throws {
            try await withSite(kind, program: "HelloTask") { site in
                // Without MILLRACE_ROOT: the migrations are those of the sources it was built from.
                let process = try await site.serve(["MILLRACE_ROOT": ""])
                let api = process.api
                let task = try await api.submit("hello.greet", #"{"name": "Ada"}"#)
                try await api.waitForTask(task, "succeeded")
                let status = try await api.expect(200, .get("/v1/tasks/\(task)/status")).json()
                #expect(status["result"]?["text"]?.string == "Hello, Ada!")
                #expect(status["result"]?["attempt"]?.int64 == 1)
                try await waitForProgress("its line is there") {
                    let lines = try await api.expect(200, .get("/v1/tasks/\(task)/logs")).json()["data"]?.elements ?? []
                    return lines.first?["message"]?.string == "greeting somebody name=Ada"
                }
                #expect(try await Self.greetings(site) == ["\(task) Hello, Ada!"])

                let builtIn = try await api.submit("demo.echo", #"{"still": "there"}"#)
                try await api.waitForTask(builtIn, "succeeded")
                #expect(try await process.terminate() == .code(0))
            }
        }

        @Test("its permanent failures fail at once, inputs that do not decode are refused, and neither writes anything")
        func failures() async throws {
            try await withSite(.sqlite, program: "HelloTask") { site in
                let api = try await site.serve().api
                let nobody = try await api.submit("hello.greet", #"{"name": ""}"#)
                try await api.waitForTask(nobody, "failed")
                #expect(try await api.task(nobody)["error"]?["code"]?.string == "no_name")
                let other = try await api.expect(422, .post("/v1/tasks", json: #"{"type": "hello.greet", "input": {"naem": "Ada"}}"#))
                let fault = try other.json()["errors"]?.elements.first
                #expect(fault?["pointer"]?.string == "/input/name")
                #expect(fault?["detail"]?.string == "is required")
                #expect(try await Self.greetings(site).isEmpty)
            }
        }

        @Test("its task type with a process of its own has result, lines, progress and follow-ups", arguments: DatabaseKind.available)
        func isolated(kind: DatabaseKind) async throws {
            try await withSite(kind, program: "HelloTask") { site in
                let process = try await site.serve()
                let api = process.api
                let task = try await api.submit("hello.shout", #"{"names": ["Ada", "Grace"]}"#)
                try await api.waitForTask(task, "succeeded")
                let status = try await api.expect(200, .get("/v1/tasks/\(task)/status")).json()
                #expect(status["result"]?.elements.compactMap(\.string) == ["HELLO, ADA!", "HELLO, GRACE!"])
                try await waitForProgress("its line and its progress are there") {
                    let lines = try await api.expect(200, .get("/v1/tasks/\(task)/logs")).json()["data"]?.elements ?? []
                    let progress = try await api.expect(200, .get("/v1/tasks/\(task)/status")).json()["progress"]
                    return lines.first?["message"]?.string == "shouting names=2" && progress?["fraction"]?.double == 1
                }
                try await waitForProgress("the follow-up has written") { try await Self.greetings(site).count == 1 }
                #expect(try await process.terminate() == .code(0))
            }
        }

        @Test("a folder called migrations in the team's own project is not taken for the product's")
        func foreignMigrations() async throws {
            try await withSite(.sqlite, program: "HelloTask") { site in
                try FileManager.default.createDirectory(
                    atPath: site.place.directory.path("migrations"), withIntermediateDirectories: true)
                _ = try site.place.directory.write("migrations/0001_users.sql", "CREATE TABLE users (id BIGINT)")
                let process = try await site.serve(["MILLRACE_ROOT": ""])
                #expect(try await process.api.expect(200, .get("/readyz")).status == 200)
                #expect(try await process.terminate() == .code(0))
            }
        }

        @Test("other commands are there under its own name, and know its task types and tables", arguments: DatabaseKind.available)
        func commands(kind: DatabaseKind) async throws {
            try await withSite(kind, program: "HelloTask") { site in
                let help = try site.run(["--help"])
                #expect(try await help.end(within: .seconds(20)) == .code(0))
                #expect(help.lines.values.contains { $0.contains("USAGE: HelloTask") })
                let migrate = try site.run(["migrate"])
                #expect(try await migrate.end(within: .seconds(30)) == .code(0), "\(migrate.errorText)")
                #expect(try await Self.greetings(site).isEmpty)
                let wrong = try site.run(["serve"], ["MILLRACE_GRACE_MS": "soon"])
                #expect(try await wrong.end(within: .seconds(20)) == .code(64))
                #expect(wrong.errorText.hasPrefix("HelloTask: "))
            }
        }

        @Test(
            "two of its processes share the work on PostgreSQL",
            .enabled(if: DatabaseKind.available.contains(.postgres), "needs PostgreSQL"))
        func fleet() async throws {
            try await withSite(.postgres, program: "HelloTask") { site in
                // Both create the table at the same moment.
                let api = try await site.serve(arguments: ["--no-engine"]).api
                _ = try site.worker("one")
                _ = try site.worker("two")
                let tasks = try await api.submitBatch((0..<50).map { #"{"type": "hello.greet", "input": {"name": "\#($0)"}}"# })
                for task in tasks { try await api.waitForTask(task, "succeeded") }
                #expect(try await Self.greetings(site).count == 50)
            }
        }

        /// Rows of the example's own table.
        private static func greetings(_ site: MillraceSite) async throws -> [String] {
            try await site.look { database in
                try await database.read {
                    try $0.rows("SELECT task_id, text FROM greetings ORDER BY task_id") { "\($0.int(0)) \($0.text(1))" }
                }
            }
        }
    }
}

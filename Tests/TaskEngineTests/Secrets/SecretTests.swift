import Foundation
import Logging
import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

@Suite("Secrets of handlers", .timeLimit(.minutes(2)))
struct SecretTests {
    private static let value = "s3cret \"quoted\""
    private static let keys = SecretKeys(Data(repeating: 1, count: 32).base64EncodedString())

    private func with(
        _ kind: DatabaseKind, keys: SecretKeys? = keys, tasks: (inout TaskRegistry) -> Void,
        _ body: (RunHarness, SecretStore) async throws -> Void
    ) async throws {
        try await withDatabase(kind) { database in
            _ = try await SecretStore(database: database, keys: Self.keys).put("TOKEN", Self.value, tenant: RunHarness.tenant)
            let store = SecretStore(database: database, keys: keys)
            let harness = try await RunHarness(database, secrets: store, tasks: tasks)
            try await harness.engine.run { _ in try await body(harness, store) }
        }
    }

    private func everything(_ database: any Database) async throws -> String {
        try await database.read { connection in
            let queries: [SQL] = [
                "SELECT message FROM task_logs", "SELECT output FROM task_results", "SELECT input FROM task_payloads",
                "SELECT COALESCE(message, '') FROM task_progress", "SELECT COALESCE(error_message, '') FROM tasks",
                "SELECT COALESCE(error_message, '') FROM attempts", "SELECT sealed FROM secrets", "SELECT definition FROM workflows",
            ]
            return try queries.flatMap { try connection.rows($0) { $0.text(0) } }.joined(separator: "\n")
        }
    }

    @Test("what a handler reads is hidden in all that it says", arguments: DatabaseKind.available)
    func hidden(kind: DatabaseKind) async throws {
        try await with(kind) { registry in
            registry.register(name: "test.says") { _, context in
                let logger = context.logger
                let secret = try await context.secret("TOKEN")
                #expect(secret == Self.value)
                logger.info("it is \(secret)", metadata: ["also": "\(secret)"])
                context.progress(0.5, message: "with \(secret)")
                if context.attempt == 1 { throw TaskError(code: "again", message: "failed with \(secret)") }
                return "{\"token\":\"s3cret \\\"quoted\\\"\",\"other\":1}"
            }
        } _: { harness, _ in
            let task = try await harness.engine.submit(.init(type: "test.says"), tenant: RunHarness.tenant)
            try await harness.engine.wait(for: task, .succeeded)
            let database = harness.engine.database
            #expect(try await database.task(task).output == #"{"token":"[secret]","other":1}"#)
            #expect(try await database.attempts(of: task).first?.errorMessage == "failed with [secret]")
            try await eventually("the lines are written") { try await database.count("SELECT COUNT(*) FROM task_logs") == 2 }
            let all = try await everything(database)
            #expect(all.contains("it is [secret] also=[secret]") && all.contains("with [secret]"))
            #expect(!all.contains("s3cret"))
        }
    }

    @Test("an output that is no JSON any more is hidden as a whole")
    func number() async throws {
        try await withDatabase(.sqlite) { database in
            let store = SecretStore(database: database, keys: Self.keys)
            _ = try await store.put("PIN", "123456", tenant: RunHarness.tenant)
            let harness = try await RunHarness(database, secrets: store) { registry in
                registry.register(name: "test.pin") { _, context in "[\(try await context.secret("PIN"))]" }
            }
            try await harness.engine.run { _ in
                let task = try await harness.engine.submit(.init(type: "test.pin"), tenant: RunHarness.tenant)
                try await harness.engine.wait(for: task, .succeeded)
                #expect(try await database.task(task).output == #""[secret]""#)
            }
        }
    }

    @Test("a reference in a secret member is filled in when the handler runs, and nowhere else", arguments: DatabaseKind.available)
    func filledIn(kind: DatabaseKind) async throws {
        let seen = Mutex<[String]>([])
        try await with(kind) { registry in
            registry.register(name: "test.sends", options: .init(secretFields: ["auth"])) { input, _ in
                seen.withLock { $0.append(input) }
                return input
            }
        } _: { harness, _ in
            let input = #"{"auth":{"a":["Bearer ${secrets.TOKEN}",1]},"open":"${secrets.TOKEN}"}"#
            let task = try await harness.engine.submit(.init(type: "test.sends", input: input), tenant: RunHarness.tenant)
            try await harness.engine.wait(for: task, .succeeded)
            let filled = #"{"auth":{"a":["Bearer s3cret \"quoted\"",1]},"open":"${secrets.TOKEN}"}"#
            #expect(seen.withLock { $0 } == [filled])
            let database = harness.engine.database
            #expect(try await database.task(task).input == input)
            #expect(try await database.task(task).output == filled.replacing(#"s3cret \"quoted\""#, with: "[secret]"))

            let (_, state) = try await harness.run(
                """
                {"name": "w", "parameters": [{"name": "p", "type": "string"}], "nodes": [
                    {"id": "one", "task": "test.sends", "input": {"auth": "${secrets.TOKEN}", "open": "${params.p}"}},
                    {"id": "each", "task": "test.sends", "foreach": [1, 2], "depends_on": ["one"],
                     "input": {"auth": "${item} ${secrets.TOKEN}"}}]}
                """, params: #"{"p": "${secrets.TOKEN}"}"#)
            #expect(state == .succeeded)
            #expect(
                Set(seen.withLock { $0.dropFirst() }) == [
                    #"{"auth":"s3cret \"quoted\"","open":"${secrets.TOKEN}"}"#, #"{"auth":"1 s3cret \"quoted\""}"#,
                    #"{"auth":"2 s3cret \"quoted\""}"#,
                ])
            #expect(!(try await everything(database)).contains("s3cret"))
        }
    }

    @Test("nodes and elements show the references in their inputs, before they run and after", arguments: DatabaseKind.available)
    func shown(kind: DatabaseKind) async throws {
        try await with(kind) { registry in
            registry.register(name: "test.sends", options: .init(secretFields: ["auth"])) { _, _ in "{}" }
        } _: { harness, _ in
            let (run, state) = try await harness.run(
                """
                {"name": "w", "nodes": [
                    {"id": "one", "task": "test.sends", "input": {"auth": "Bearer ${secrets.TOKEN}", "run": "${run.id}"}},
                    {"id": "each", "task": "test.sends", "foreach": [1], "depends_on": ["one"], "input": {"auth": "${secrets.TOKEN}"}}]}
                """)
            #expect(state == .succeeded)
            let workflows = harness.engine.service.workflows
            let inputs = try await harness.engine.database.read { connection in
                let tasks = try connection.rows("SELECT id FROM tasks WHERE run_id = \(run)") { $0.int(0) }
                return try tasks.compactMap { try ReadTask.detail($0, tenant: RunHarness.tenant, workflows, on: connection)?.input }
            }
            #expect(
                inputs.sorted() == [
                    #"{"auth":"${secrets.TOKEN}"}"#, #"{"auth":"${secrets.TOKEN}"}"#, #"{"auth":"Bearer ${secrets.TOKEN}","run":\#(run)}"#,
                ])
        }
    }

    @Test("a value that is filled in does not become a reference to a secret", arguments: DatabaseKind.available)
    func foreign(kind: DatabaseKind) async throws {
        try await with(kind) { registry in
            registry.register(name: "test.sends", options: .init(secretFields: ["auth"])) { input, _ in input }
        } _: { harness, _ in
            try await harness.register(
                #"{"name": "one", "parameters": [{"name": "p", "type": "string"}], "nodes": [{"id": "a", "task": "test.sends", "input": {"auth": "${params.p}"}}]}"#
            )
            let one = try await harness.start("one", params: #"{"p": "${secrets.TOKEN}"}"#)
            try await harness.end(of: one)
            #expect(try await harness.engine.database.nodes(of: one)[0].output == #"{"auth":"${secrets.TOKEN}"}"#)
            try await harness.register(
                #"{"name": "list", "parameters": [{"name": "p", "type": "array"}], "nodes": [{"id": "a", "task": "test.sends", "foreach": "${params.p}", "input": {"auth": "${item}"}}]}"#
            )
            let list = try await harness.start("list", params: #"{"p": ["${secrets.TOKEN}"]}"#)
            #expect(try await harness.end(of: list) == .failed)
            #expect(try await harness.engine.database.nodes(of: list)[0].errorCode == "expression_error")
            // However it is written.
            let escaped = try await harness.start("list", params: #"{"p": ["\u0024{\u0073ecrets.TOKEN}"]}"#)
            #expect(try await harness.end(of: escaped) == .failed)
            #expect(!(try await everything(harness.engine.database)).contains("s3cret"))
        }
    }

    @Test("secrets may stand in secret members of a definition only")
    func registration() async throws {
        try await with(.sqlite) { registry in
            registry.register(name: "test.sends", options: .init(secretFields: ["auth"])) { input, _ in input }
        } _: { harness, _ in
            let refused = try await harness.service.register(
                #"{"name": "w", "nodes": [{"id": "a", "task": "test.sends", "input": {"open": "${secrets.TOKEN}", "auth": "${secrets[\"A-B\"]}"}}]}"#,
                tenant: RunHarness.tenant)
            guard case .refused(let problems) = refused else {
                Issue.record("\(refused)")
                return
            }
            #expect(problems.count == 2 && problems.contains { $0.detail.contains("no secret can have the name") }, "\(problems)")
        }
    }

    @Test("a secret that is not there, of another tenant, or without a key is not read, and says why")
    func missing() async throws {
        let task = SubmitRequest(type: "test.reads", maxRetries: 0)
        func register(_ registry: inout TaskRegistry) {
            registry.register(name: "test.reads") { _, context in "\"\(try await context.secret("TOKEN"))\"" }
        }
        try await with(.sqlite, tasks: register) { harness, store in
            let other = try await harness.engine.submit(task, tenant: "other")
            try await harness.engine.wait(for: other, .failed)
            #expect(try await harness.engine.database.task(other).errorCode == "unknown_secret")
        }
        for keys in [nil, SecretKeys(Data(repeating: 2, count: 32).base64EncodedString())] {
            try await with(.sqlite, keys: keys, tasks: register) { harness, _ in
                let id = try await harness.engine.submit(task, tenant: RunHarness.tenant)
                try await harness.engine.wait(for: id, .failed)
                #expect(try await harness.engine.database.task(id).errorCode == "secrets_unavailable")
            }
        }
    }

    @Test("a rotation seals everything under the first key, and can be run again", arguments: DatabaseKind.available)
    func rotation(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let (old, new) = (Data(repeating: 1, count: 32).base64EncodedString(), Data(repeating: 2, count: 32).base64EncodedString())
            let before = SecretStore(database: database, keys: SecretKeys(old))
            for number in 0..<250 { _ = try await before.put("S\(number)", "value \(number)", tenant: number % 2 == 0 ? "a" : "b") }
            let both = SecretStore(database: database, keys: SecretKeys(new + "," + old))
            _ = try await both.put("S0", "another", tenant: "a")
            #expect(try await both.rotate() ?? (0, 0) == (249, 0))
            #expect(try await both.rotate() ?? (1, 1) == (0, 0))
            #expect(try await before.rotate() ?? (0, 0) == (0, 250))
            #expect(try await SecretStore(database: database, keys: nil).rotate() == nil)
        }
    }

    @Test("a handler's own test says what there is")
    func testing() async throws {
        let context = TaskContext.forTesting(secrets: ["TOKEN": "x"])
        #expect(try await context.secret("TOKEN") == "x")
        await #expect(throws: TaskFailure.self) { try await context.secret("OTHER") }
    }
}

import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("What a handler commits together with its success", .timeLimit(.minutes(5)))
struct FollowUpTests {
    struct Next: TaskParameters {
        static let taskName = "test.next"
        var number: Int
    }

    struct Unknown: TaskParameters {
        static let taskName = "test.unknown"
    }

    /// Submits as many follow-ups as its input says, then does what `end` says.
    private static func register(
        in registry: inout TaskRegistry, _ options: SubmitOptions = .init(), end: @escaping @Sendable () throws -> Void = {}
    ) {
        registry.register(Next.self) { _, _ in }
        registry.register(name: "test.first", options: .init(retry: .dontRetry)) { input, context in
            for number in 0..<(Int(input) ?? 0) { try context.submit(Next(number: number), options: options) }
            try end()
            return nil
        }
    }

    @Test("its follow-ups are there as soon as it has succeeded, in order, and run", arguments: DatabaseKind.available)
    func run(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await EngineHarness(database) { Self.register(in: &$0) }
            try await harness.run { engine in
                let first = try await engine.submit(.init(type: "test.first", input: "3"), tenant: "acme")
                try await engine.wait(for: first, .succeeded)
                try await engine.changes.wait { $0.count { $0.type == "test.next" && $0.state == .succeeded } == 3 }
                #expect(try await Self.inputs(database, tenant: "acme") == [#"{"number":0}"#, #"{"number":1}"#, #"{"number":2}"#])
            }
        }
    }

    @Test("options of a follow-up are kept, and delays count from the success", arguments: DatabaseKind.available)
    func options(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let options = SubmitOptions(
                priority: 12, delay: .seconds(3600), maxRetries: 7, timeout: .milliseconds(1500), tags: ["a", "b"])
            let harness = try await EngineHarness(database) { Self.register(in: &$0, options) }
            try await harness.run { engine in
                let first = try await engine.submit(.init(type: "test.first", input: "1"))
                try await engine.wait(for: first, .succeeded)
                let row = try await database.read {
                    try $0.row(
                        """
                        SELECT n.state, n.priority, n.ready_at - f.finished_at, n.max_retries, n.timeout_ms, p.tags
                        FROM tasks n JOIN task_payloads p ON p.task_id = n.id JOIN tasks f ON f.id = \(first) WHERE n.type = 'test.next'
                        """
                    ) { "\($0.text(0)) \($0.int(1)) \($0.int(2)) \($0.int(3)) \($0.int(4)) \($0.text(5))" }
                }
                #expect(row == #"scheduled 9 3600000000 7 1500 ["a","b"]"#)
            }
        }
    }

    @Test("a follow-up whose unique key is held is left out, and the task succeeds", arguments: DatabaseKind.available)
    func unique(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await EngineHarness(database) {
                Self.register(in: &$0, .init(uniqueKey: "only", uniqueWindow: .seconds(3600)))
            }
            try await harness.run { engine in
                let tasks = try await engine.submit([.init(type: "test.first", input: "2"), .init(type: "test.first", input: "1")])
                try await engine.wait(for: tasks, .succeeded)
                #expect(try await Self.inputs(database, tenant: "default") == [#"{"number":0}"#])
            }
        }
    }

    @Test("a handler that throws after all has submitted nothing", arguments: DatabaseKind.available)
    func thrown(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await EngineHarness(database) {
                Self.register(in: &$0) { throw TaskFailure.permanent(code: "no", "after all") }
            }
            try await harness.run { engine in
                let first = try await engine.submit(.init(type: "test.first", input: "2"))
                try await engine.wait(for: first, .failed)
                #expect(try await Self.inputs(database, tenant: "default").isEmpty)
            }
        }
    }

    @Test("a follow-up for a queue that does not exist fails its own task and no other", arguments: DatabaseKind.available)
    func unknownQueue(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await EngineHarness(database) { Self.register(in: &$0, .init(queue: "nowhere")) }
            try await harness.run { engine in
                var requests = Array(repeating: SubmitRequest(type: "demo.noop"), count: 40)
                requests.insert(.init(type: "test.first", input: "1"), at: 20)
                let tasks = try await engine.submit(requests)
                try await engine.wait(for: tasks[20], .failed)
                try await engine.wait(for: tasks.filter { $0 != tasks[20] }, .succeeded)
                let failed = try await database.task(tasks[20])
                #expect(failed.errorCode == "follow_up_refused")
                #expect(try await Self.inputs(database, tenant: "default").isEmpty)
            }
        }
    }

    @Test("a follow-up of a type that nobody registered, or that is too large, fails the handler", arguments: DatabaseKind.available)
    func refused(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await EngineHarness(database) { registry in
                registry.register(name: "test.unknown_type") { _, context in
                    try context.submit(Unknown())
                    return nil
                }
                registry.register(name: "test.large") { _, context in
                    try context.submit(Large(text: String(repeating: "x", count: 256 * 1024)))
                    return nil
                }
                registry.register(Large.self) { _, _ in }
            }
            try await harness.run { engine in
                let unknown = try await engine.submit(.init(type: "test.unknown_type"))
                let large = try await engine.submit(.init(type: "test.large"))
                try await engine.wait(for: [unknown, large], .failed)
                #expect(try await database.task(unknown).errorCode == "unknown_type")
                #expect(try await database.task(large).errorCode == "invalid_input")
            }
        }
    }

    struct Large: TaskParameters {
        static let taskName = "test.large_next"
        var text: String
    }

    @Test("writes and follow-ups of one handler are committed together or not at all", arguments: DatabaseKind.available)
    func together(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await EngineHarness(database) { registry in
                registry.register(Next.self) { _, _ in }
                registry.register(name: "test.both") { input, context in
                    try context.submit(Next(number: 0))
                    context.complete { transaction in
                        try transaction.execute(
                            "INSERT INTO queues (name, pool, weight, updated_at) VALUES (\("mark" + input), \("p"), \(1), \(0))")
                        let rows = try transaction.rows("SELECT name FROM queues WHERE pool = \("p") ORDER BY name") { $0.text(0) }
                        if rows.count > 1 { throw TaskFailure.permanent(code: "too_many", rows.joined(separator: " ")) }
                    }
                    return nil
                }
            }
            try await harness.run { engine in
                let kept = try await engine.submit(.init(type: "test.both", input: "1"))
                try await engine.wait(for: kept, .succeeded)
                let dropped = try await engine.submit(.init(type: "test.both", input: "2"))
                try await engine.wait(for: dropped, .failed)
                let task = try await database.task(dropped)
                #expect(task.errorCode == "too_many")
                #expect(task.errorMessage == "mark1 mark2")
                #expect(try await database.count("SELECT COUNT(*) FROM queues WHERE pool = 'p'") == 1)
                #expect(try await Self.inputs(database, tenant: "default").count == 1)
            }
        }
    }

    private static func inputs(_ database: any Database, tenant: String) async throws -> [String] {
        try await database.read {
            try $0.rows(
                """
                SELECT p.input FROM tasks t JOIN task_payloads p ON p.task_id = t.id
                WHERE t.type = 'test.next' AND t.tenant = \(tenant) ORDER BY t.id
                """
            ) { $0.text(0) }
        }
    }
}

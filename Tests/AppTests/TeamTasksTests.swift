import App
import Foundation
import Logging
import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

@Suite("A team's task types at start", .timeLimit(.minutes(5)))
struct TeamTasksTests {
    struct Greet: TaskParameters {
        static let taskName = "team.greet"
    }

    struct Sleep: TaskParameters {
        static let taskName = "demo.sleep"
    }

    /// Opens everything a process stands on with these types.
    private func open(_ kind: DatabaseKind, _ tasks: TeamTasks, times: Int = 1) async throws -> [String] {
        try await withDatabasePlace(kind) { place in
            let url = kind == .sqlite ? "sqlite:" + place.url : place.url
            let source = try SettingsSource(environment: [
                "DATABASE_URL": url, "MILLRACE_ROOT": RepositoryFiles.root.path, "MILLRACE_DATA_DIR": place.directory.path("data"),
            ])
            var names: [String] = []
            for _ in 0..<times {
                let parts = try await ProcessParts.open(
                    try Settings(source), owner: SQLiteOwner(url: ""), tasks: tasks, logger: Logger(label: "test"))
                names = parts.service.registry.names
                parts.database.close()
            }
            return names
        }
    }

    @Test("they stand beside the built-in ones, and what they prepare is prepared at every start", arguments: DatabaseKind.available)
    func registered(kind: DatabaseKind) async throws {
        let runs = TestSignal<Void>()
        let tasks = TeamTasks { tasks in
            tasks.register(Greet.self) { _, _ in }
            tasks.prepareDatabase { transaction in
                try transaction.execute("CREATE TABLE IF NOT EXISTS greetings (text TEXT)")
                try transaction.execute("INSERT INTO greetings (text) VALUES (\("a"))")
                if try transaction.row("SELECT COUNT(*) FROM greetings", { $0.int(0) }) == 2 { runs.send() }
            }
        }
        let names = try await open(kind, tasks, times: 2)
        #expect(names.contains("team.greet") && names.contains("demo.echo") && names.contains("ingest.parse_run"))
        try await runs.wait()
    }

    @Test("a name that a built-in type has stops the start with a message")
    func clash() async throws {
        let error = await #expect(throws: RegistrationError.self) {
            try await open(.sqlite, TeamTasks { $0.register(Sleep.self) { _, _ in } })
        }
        #expect(error?.description == "the task type 'demo.sleep' is registered twice; built-in types have names too")
        #expect(error.map { ExitCode.code(for: $0) } == 70)
    }

    @Test("a queue that does not exist stops the start and says how to add it")
    func queue() async throws {
        let error = await #expect(throws: RegistrationError.self) {
            try await open(.sqlite, TeamTasks { $0.register(Greet.self, options: .init(queue: "mail")) { _, _ in } })
        }
        #expect(error?.description.contains("MILLRACE_QUEUES, for example mail:default") == true)
    }

    @Test("a team's workflows are everybody's, and the same content is no new version", arguments: DatabaseKind.available)
    func workflows(kind: DatabaseKind) async throws {
        let stored = Mutex<[Int64]>([])
        let tasks = TeamTasks { tasks in
            tasks.register(Greet.self) { _, _ in }
            let starts = stored.withLock { $0.count }
            tasks.register(Workflow("welcome") { Node("greet", task: Greet.self, priority: starts < 2 ? 5 : 4) })
            // Runs before the workflows are stored, so that it sees what the starts before have stored.
            tasks.prepareDatabase { transaction in
                let count = try transaction.row("SELECT COUNT(*) FROM workflows WHERE tenant = \("") AND name = \("welcome")") { $0.int(0) }
                stored.withLock { $0.append(count ?? -1) }
            }
        }
        _ = try await open(kind, tasks, times: 4)
        #expect(stored.withLock(\.self) == [0, 1, 1, 2])
    }

    @Test("a workflow that is wrong stops the start with a message")
    func wrongWorkflows() async throws {
        let unknownTask = await #expect(throws: RegistrationError.self) {
            try await open(.sqlite, TeamTasks { $0.register(Workflow("welcome") { Node("greet", task: "team.nothing") }) })
        }
        #expect(
            unknownTask?.description
                == "the workflow 'welcome' cannot be registered: /nodes/0/task there is no task type 'team.nothing'; register it in a process first"
        )
        let unknownQueue = await #expect(throws: RegistrationError.self) {
            try await open(.sqlite, TeamTasks { $0.register(Workflow("welcome") { Node("greet", task: "demo.noop", queue: "mail") }) })
        }
        #expect(unknownQueue?.description.contains("/nodes/0/queue there is no queue 'mail'") == true)
    }

    @Test("what a team's closure throws stops the start")
    func thrown() async throws {
        struct NoConnection: Error {}
        await #expect(throws: NoConnection.self) { try await open(.sqlite, TeamTasks { _ in throw NoConnection() }) }
    }
}

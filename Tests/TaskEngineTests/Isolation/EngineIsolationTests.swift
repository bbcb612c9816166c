import Logging
import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

@Suite("Task types with isolation in an engine", .timeLimit(.minutes(2)))
struct EngineIsolationTests {
    /// Answers as it is told, instead of starting children.
    final class FakeIsolator: TaskIsolator {
        let attempts = TestSignal<IsolatedAttempt>()
        let sweeps = TestSignal<Void>()
        private let answer: @Sendable (IsolatedAttempt, TaskContext) async throws -> String?

        init(_ answer: @escaping @Sendable (IsolatedAttempt, TaskContext) async throws -> String?) {
            self.answer = answer
        }

        func endOrphans() async {
            sweeps.send()
        }

        func run(_ attempt: IsolatedAttempt, context: TaskContext) async throws -> String? {
            attempts.send(attempt)
            return try await answer(attempt, context)
        }
    }

    private static func register(in registry: inout TaskRegistry) {
        registry.register(name: "test.isolated", options: .init(isolation: .process(memoryBytes: 100 << 20))) { _, _ in
            Issue.record("the handler ran in the engine's process")
            return nil
        }
    }

    @Test("their attempts run in the isolator, with output, progress and follow-ups", arguments: DatabaseKind.available)
    func runs(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let isolator = FakeIsolator { _, context in
                context.progress(0.5)
                return try IsolatedEnd.succeeded(output: "[1]", followUps: [.init(type: "demo.noop")]).deliver(to: context)
            }
            let harness = try await EngineHarness(database, isolator: isolator, tasks: Self.register)
            try await harness.run { engine in
                let task = try await engine.submit(.init(type: "test.isolated", input: "[7]", timeoutMilliseconds: 60_000))
                try await engine.wait(for: task, .succeeded)
                try await engine.changes.wait { $0.contains { $0.type == "demo.noop" && $0.state == .succeeded } }
                let attempt = try #require(isolator.attempts.values.first)
                #expect(attempt.task.input == "[7]" && attempt.limits.memoryBytes == 100 << 20)
                #expect(attempt.softDeadline < attempt.hardDeadline)
                #expect(try await database.read { try StoredTask.read(task, on: $0)?.output } == "[1]")
            }
            #expect(isolator.sweeps.values.count >= 1)
        }
    }

    @Test("at its time limit an attempt ends as the isolator says, and the thread is not counted as lost")
    func timeLimit() async throws {
        try await withDatabase(.sqlite) { database in
            // As the real one: it kills when the hard limit comes, and says so first.
            let isolator = FakeIsolator { attempt, _ in
                while ContinuousClock.now < attempt.hardDeadline { await Task.yield() }
                attempt.timeIsUp()
                throw TaskError(code: "timed_out", message: "killed")
            }
            let harness = try await EngineHarness(database, isolator: isolator, tasks: Self.register)
            try await harness.run { engine in
                let task = try await engine.submit(.init(type: "test.isolated", maxRetries: 0, timeoutMilliseconds: 200))
                try await engine.wait(for: task, .failed)
                #expect(engine.engine.snapshot().abandonedHandlers == 0)
                #expect(try await database.read { try StoredAttempt.read(task: task, on: $0).map(\.outcome) } == [.timedOut])
            }
        }
    }

    @Test("without an isolator they fail, and never run in the engine's process")
    func none() async throws {
        try await withDatabase(.sqlite) { database in
            let harness = try await EngineHarness(database, tasks: Self.register)
            try await harness.run { engine in
                let task = try await engine.submit(.init(type: "test.isolated", maxRetries: 0))
                try await engine.wait(for: task, .failed)
                #expect(try await database.read { try StoredTask.read(task, on: $0)?.errorCode } == "isolation_unavailable")
            }
        }
    }

    @Test(
        "limits that make no sense stop the start",
        arguments: [
            (TaskIsolation.process(memoryBytes: 1 << 20), "memory"), (.process(cpu: .zero), "CPU"), (.process(openFiles: 3), "files"),
            (.process(tasksPerChild: 0), "no task"),
        ])
    func faults(isolation: TaskIsolation, word: String) {
        var registry = TaskRegistry()
        registry.register(name: "test.isolated", options: .init(isolation: isolation)) { _, _ in nil }
        let error = #expect(throws: RegistrationError.self) { try registry.check() }
        #expect(error?.description.contains(word) == true)
    }
}

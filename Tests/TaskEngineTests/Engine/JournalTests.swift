import Logging
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("What handlers say, and when it is stored", .timeLimit(.minutes(5)))
struct JournalTests {
    @Test("whoever hears of a success finds the last progress there", arguments: DatabaseKind.available)
    func lastProgress(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let gate = TestGate()
            let harness = try await EngineHarness(database) { registry in
                registry.register(name: "test.report") { _, context in
                    context.progress(0.1, message: "first")
                    try gate.pass()
                    context.progress(1, message: "last")
                    return nil
                }
            }
            try await harness.run { engine in
                let task = try await engine.submit(.init(type: "test.report"))
                // From here on the next write of progress is up to a second away.
                try await eventually("the first progress is stored") { try await progress(of: task, database) == "0.1 first" }
                gate.open()
                try await engine.wait(for: task, .succeeded)
                #expect(try await progress(of: task, database) == "1.0 last")
            }
        }
    }

    @Test(
        "a handler that was given up adds nothing to a task that was pruned, or ended long ago",
        arguments: DatabaseKind.available)
    func given(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let gate = TestGate()
            let said = TestSignal<Void>()
            var settings = EngineSettings.forTests
            settings.mostAbandonedHandlers = 10
            let harness = try await EngineHarness(database, settings: settings) { registry in
                registry.register(name: "test.stuck") { _, context in
                    try gate.pass()
                    context.logger.info("still here")
                    context.progress(0.5)
                    said.send()
                    throw TaskError(code: "late", message: "")
                }
            }
            let ids = TestSignal<Int64>()
            try await harness.run { engine in
                let tasks = try await engine.submit(
                    Array(repeating: SubmitRequest(type: "test.stuck", maxRetries: 0, timeoutMilliseconds: 100), count: 3))
                try await engine.wait(for: tasks, .failed)
                let (pruned, old) = (tasks[0], tasks[1])
                try await database.write { connection in
                    let cutoffs = PruneTasks.Cutoffs(Retention(failed: .zero), now: .max)
                    guard try PruneTasks.prune([pruned], cutoffs, now: .max, on: connection).deleted == 1 else {
                        throw FixtureError("nothing was pruned")
                    }
                    _ = try connection.execute("UPDATE tasks SET finished_at = finished_at - 31000000 WHERE id = \(old)")
                }
                gate.open()
                try await said.wait(for: 3)
                for task in tasks { ids.send(task) }
            }
            // The engine has written everything before it ended.
            for table: SQL in ["task_logs", "task_progress"] {
                let rows = try await database.read { connection in
                    try connection.rows("SELECT task_id FROM \(fragment: table)") { $0.int(0) }
                }
                #expect(rows == [ids.values[2]])
            }
        }
    }

    private func progress(of task: Int64, _ database: any Database) async throws -> String? {
        try await database.read {
            try $0.row("SELECT fraction, message FROM task_progress WHERE task_id = \(task)") { "\($0.double(0)) \($0.text(1))" }
        }
    }
}

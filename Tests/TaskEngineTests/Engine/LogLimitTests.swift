import Logging
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("A task's log has an end", .timeLimit(.minutes(5)))
struct LogLimitTests {
    private static let note = "the log is cut here: a task keeps 8 MiB of lines"

    @Test("what is too long is cut with a note, over all attempts together", arguments: DatabaseKind.available)
    func cut(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let line = String(repeating: "x", count: 7900)
            let harness = try await EngineHarness(database) { registry in
                registry.register(name: "test.talk") { _, context in
                    // Several loggers share what the task has.
                    for _ in 0..<(context.attempt == 1 ? 600 : 700) { context.logger.info("\(line)") }
                    context.logger.error("the last words of attempt \(context.attempt)")
                    if context.attempt < 3 { throw TaskError(code: "again", message: "") }
                    return nil
                }
            }
            let id = TestSignal<Int64>()
            try await harness.run { engine in
                let task = try await engine.submit(.init(type: "test.talk"))
                let quiet = try await engine.submit(.init(type: "test.talk", maxRetries: 0))
                try await engine.wait(for: task, .succeeded)
                try await engine.wait(for: quiet, .failed)
                id.send(task)
                id.send(quiet)
            }
            let logs = try await lines(of: id.values[0], database)
            #expect(logs.filter { $0.attempt == 1 }.last?.message == "the last words of attempt 1")
            #expect(logs.filter { $0.attempt == 2 }.last?.message == Self.note)
            #expect(logs.filter { $0.attempt == 3 }.map(\.message) == [Self.note])
            #expect(logs.reduce(0) { $0 + $1.message.utf8.count } <= 8 << 20)
            #expect(logs.count { $0.message == line } == 1053, "8 MiB of lines of 7,900 bytes and 64 more each")
            #expect(try await lines(of: id.values[1], database).count == 601, "each task has its own")
        }
    }

    private func lines(of task: Int64, _ database: any Database) async throws -> [(attempt: Int, message: String)] {
        try await database.read {
            try $0.rows("SELECT attempt, message FROM task_logs WHERE task_id = \(task) ORDER BY id") { (Int($0.int(0)), $0.text(1)) }
        }
    }
}

import Storage
import TaskEngine
import TestSupport
import Testing

/// What an engine would do.
extension TestAPI {
    /// Claims the next task of `queue` under a worker of its own.
    func claimOne(queue: String = "default") async throws -> ClaimedTask {
        let worker = try await database.insertWorker(now: clock.now)
        return try #require(try await database.claim(queue: queue, worker: worker, now: clock.now).first)
    }

    func complete(_ task: ClaimedTask, output: String? = nil) async throws {
        let now = clock.now
        let changes = try await database.write { try Complete.complete([.init(task: task, output: output)], now: now, on: $0) }
        #expect(changes.count == 1)
    }

    func end(_ task: ClaimedTask, _ next: EndAttempts.Next, _ error: TaskError) async throws {
        let now = clock.now
        let changes = try await database.write {
            try EndAttempts.end([.init(task: task, next: next, outcome: .failed, error: error)], now: now, on: $0)
        }
        #expect(changes.count == 1)
    }

    /// Submits a task that fails for good.
    func submitFailed() async throws -> Int64 {
        let id = try await submit()
        try await end(try await claimOne(), .fail, TaskError(code: "boom", message: "it broke"))
        return id
    }
}

import Storage
import TaskEngine

/// Fills a database with tasks that ended before a benchmark begins, through the engine's own transitions but without
/// handlers: a million of them would take its time otherwise.
struct PastTasks {
    /// Tasks in one transaction.
    private static let slice = 1000

    let database: any Database
    /// Exists; served by nobody, so that what is retried stays.
    let queue: String
    /// Wall time of their whole life, microseconds since 1970.
    let now: Int64

    /// Submits tasks that never run.
    func queued(_ count: Int) async throws {
        try await inSlices(count) { tasks, connection in _ = try Submit.submit(tasks, now: now, on: connection) }
    }

    /// Tasks that failed at their only attempt.
    func failed(_ count: Int) async throws {
        try await ended(count) { claimed, connection in
            let error = TaskError(code: "handler_error", message: "the other side did not answer")
            let endings = claimed.map { EndAttempts.Ending(task: $0, next: .fail, outcome: .failed, error: error) }
            _ = try EndAttempts.end(endings, now: now, on: connection)
        }
    }

    /// Tasks that succeeded, every second one with input and result.
    func succeeded(_ count: Int) async throws {
        try await ended(count) { claimed, connection in
            let successes = claimed.map { Complete.Success(task: $0, output: $0.input == "{}" ? nil : $0.input) }
            _ = try Complete.complete(successes, now: now, on: connection)
        }
    }

    private func ended(_ count: Int, _ end: @escaping @Sendable ([ClaimedTask], any Connection) throws -> Void) async throws {
        let now = now
        let registration = WorkerLease.Registration(name: "past", host: "past", pid: 0, pools: "{}", queues: "[]", types: "[]")
        let worker = try await database.write { try WorkerLease.register(registration, now: now, on: $0) }
        try await inSlices(count) { [queue] tasks, connection in
            _ = try Submit.submit(tasks, now: now, on: connection)
            try end(try Claim.claim(.init(queue: queue, slots: tasks.count), worker: worker, now: now, on: connection), connection)
        }
        try await database.write { try WorkerLease.stop(worker, now: now, on: $0) }
    }

    private func inSlices(_ count: Int, _ write: @escaping @Sendable ([NewTask], any Connection) throws -> Void) async throws {
        let plain = NewTask(tenant: "default", type: "demo.noop", queue: queue, maxRetries: 0)
        var withInput = plain
        withInput.input = #"{"customer": 4711, "file": "invoices/2026/11/21.pdf"}"#
        for start in stride(from: 0, to: count, by: Self.slice) {
            let tasks = (start..<min(start + Self.slice, count)).map { $0.isMultiple(of: 2) ? plain : withInput }
            try await database.write { try write(tasks, $0) }
        }
    }
}

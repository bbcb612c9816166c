import Storage
import TaskEngine
import TestSupport

/// Each transition in a transaction of its own, as the shell calls it.
extension Database {
    func claim(_ request: Claim.Request, worker: Int64, now: Int64 = 0) async throws -> [ClaimedTask] {
        try await write { try Claim.claim(request, worker: worker, now: now, on: $0) }
    }

    func complete(_ tasks: [ClaimedTask], output: String? = nil, now: Int64 = 0) async throws -> [TaskChange] {
        try await write { try Complete.complete(tasks.map { .init(task: $0, output: output) }, now: now, on: $0) }
    }

    func end(
        _ task: ClaimedTask, _ next: EndAttempts.Next, outcome: AttemptOutcome? = .failed, error: TaskError? = nil, now: Int64 = 0
    ) async throws -> [TaskChange] {
        try await write { connection in
            try EndAttempts.end([.init(task: task, next: next, outcome: outcome, error: error)], now: now, on: connection)
        }
    }

    func promote(now: Int64, limit: Int = Promote.largestBatch) async throws -> Promote.Result {
        try await write { try Promote.promote(now: now, limit: limit, on: $0) }
    }

    func cancel(_ id: Int64, tenant: String = "acme", now: Int64 = 0) async throws -> Cancel.Result {
        try await write { try Cancel.cancel(task: id, tenant: tenant, now: now, on: $0) }
    }

    func redrive(_ id: Int64, tenant: String = "acme", now: Int64 = 0) async throws -> Redrive.Result {
        try await write { try Redrive.redrive(task: id, tenant: tenant, now: now, on: $0) }
    }

    func rescue(_ worker: Int64, beat: Int64? = nil, now: Int64 = 0) async throws -> [TaskChange]? {
        try await write { try Rescue.rescue(worker: worker, beat: beat, now: now, on: $0) }
    }

    /// Forces a task into a state that no transition of this version leads to.
    func force(_ id: Int64, _ state: TaskState) async throws {
        try await write { connection in
            _ = try connection.execute(
                """
                UPDATE tasks SET state = \(state.rawValue), worker = \(state == .running ? Int64(1) : nil), finished_at = \(state.isTerminal ? Int64(1) : nil)
                WHERE id = \(id)
                """)
        }
    }
}

/// A migrated database with the queue `default` and one live worker.
func withWorker(_ kind: DatabaseKind, _ body: (any Database, Int64) async throws -> Void) async throws {
    try await withDatabase(kind) { database in
        try await database.insertQueue()
        try await body(database, try await database.insertWorker())
    }
}

/// As ``withWorker(_:_:)``, with one task that the worker has just claimed at time 10.
func withClaimedTask(
    _ kind: DatabaseKind, _ task: NewTask = .sample(), _ body: (any Database, ClaimedTask) async throws -> Void
) async throws {
    try await withWorker(kind) { database, worker in
        _ = try await database.submit(task, now: 5)
        guard let claimed = try await database.claim(worker: worker, now: 10).first else { throw FixtureError("nothing was claimed") }
        try await body(database, claimed)
    }
}

extension ClaimedTask {
    /// The same task with another fence, as a stale or foreign writer would name it.
    func with(claim: Int64? = nil, worker: Int64? = nil) -> ClaimedTask {
        var copy = self
        copy.claim = claim ?? self.claim
        copy.worker = worker ?? self.worker
        return copy
    }
}

package import Storage
package import TaskEngine

extension Database {
    /// Inserts a queue.
    package func insertQueue(_ name: String = "default", pool: String = "default", weight: Int = 1, paused: Bool = false) async throws {
        _ = try await write { connection in
            try connection.execute(
                "INSERT INTO queues (name, pool, weight, paused, updated_at) VALUES (\(name), \(pool), \(weight), \(paused), \(Int64(0)))")
        }
    }

    /// Registers a live worker that serves everything and returns its id.
    package func insertWorker(_ name: String = "worker", now: Int64 = 0) async throws -> Int64 {
        try await write { connection in
            try WorkerLease.register(
                .init(name: name, host: "test", pid: 1, pools: "{}", queues: #"["*"]"#, types: "[]"), now: now, on: connection)
        }
    }

    /// Submits tasks and returns their ids in the same order.
    /// - Throws: ``FixtureError`` when a queue is not there.
    package func submit(_ tasks: [NewTask], now: Int64 = 0) async throws -> [Int64] {
        try await write { connection in
            switch try Submit.submit(tasks, now: now, on: connection) {
            case .submitted(let submitted): submitted.ids
            case .unknownQueue(_, let queue): throw FixtureError("queue \(queue) is unknown")
            }
        }
    }

    /// Submits one task and returns its id.
    package func submit(_ task: NewTask, now: Int64 = 0) async throws -> Int64 {
        try await submit([task], now: now)[0]
    }

    /// Claims up to `slots` tasks of `queue`.
    package func claim(_ slots: Int = 1, queue: String = "default", worker: Int64, now: Int64 = 0) async throws -> [ClaimedTask] {
        try await write { connection in
            try Claim.claim(.init(queue: queue, slots: slots), worker: worker, now: now, on: connection)
        }
    }

    /// The row of task `id`.
    /// - Throws: ``FixtureError`` when there is none.
    package func task(_ id: Int64) async throws -> StoredTask {
        guard let task = try await read({ try StoredTask.read(id, on: $0) }) else { throw FixtureError("task \(id) is not there") }
        return task
    }

    /// The history of task `id`, oldest first.
    package func attempts(of id: Int64) async throws -> [StoredAttempt] {
        try await read { try StoredAttempt.read(task: id, on: $0) }
    }

    /// The first column of the only row, for counts.
    package func count(_ sql: SQL) async throws -> Int {
        Int(try await read { try $0.row(sql) { $0.int(0) } } ?? 0)
    }
}

/// A test's own preparation went wrong.
package struct FixtureError: Error, CustomStringConvertible {
    /// What went wrong.
    package let description: String

    /// - Parameter description: what went wrong.
    package init(_ description: String) {
        self.description = description
    }
}

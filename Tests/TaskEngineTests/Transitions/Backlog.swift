import Storage
import TaskEngine
import TestSupport

/// Tasks of 100 tenants in four queues: three tenths have ended, two are scheduled, 1,000 run on 20 workers, the rest are queued.
struct Backlog: Sendable {
    var workers: [Int64] = []
    /// All that the first worker runs.
    var running: [ClaimedTask] = []
    /// A queued task of `tenant-0`.
    var queued: Int64 = 0

    static func fill(_ database: any Database, tasks: Int = 20_000) async throws -> Backlog {
        var backlog = Backlog()
        for queue in 0..<4 { try await database.insertQueue("q\(queue)") }
        for worker in 0..<20 { backlog.workers.append(try await database.insertWorker("w\(worker)")) }
        // In an order that makes the rows of a state lie side by side neither by tenant nor by queue.
        let ids = try await database.submit(
            (0..<tasks).map { .sample(tenant: "tenant-\($0 % 100)", queue: "q\($0 / 100 % 4)", priority: $0 % 10) }, now: 1_000_000)
        try await database.write { connection in
            // Ended: the oldest.
            try connection.execute("UPDATE tasks SET state = 'succeeded', finished_at = 1 WHERE id <= \(ids[tasks * 3 / 10 - 1])")
            try connection.execute(
                "UPDATE tasks SET state = 'scheduled', ready_at = 1000000 + id - \(ids[tasks * 3 / 10]) WHERE id BETWEEN \(ids[tasks * 3 / 10]) AND \(ids[tasks / 2 - 1])"
            )
        }
        backlog.running = try await database.claim(50, queue: "q0", worker: backlog.workers[0])
        for worker in backlog.workers.dropFirst() { _ = try await database.claim(50, queue: "q0", worker: worker) }
        backlog.queued = ids[tasks - 100]
        return backlog
    }
}

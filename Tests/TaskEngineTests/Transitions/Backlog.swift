import Storage
import TaskEngine
import TestSupport

/// 20,000 tasks of 100 tenants in four queues: 9,000 queued, 4,000 scheduled, 1,000 running on 20 workers, the rest ended.
struct Backlog: Sendable {
    var workers: [Int64] = []
    /// All that the first worker runs.
    var running: [ClaimedTask] = []
    /// A queued task of `tenant-0`.
    var queued: Int64 = 0

    static func fill(_ database: any Database) async throws -> Backlog {
        var backlog = Backlog()
        for queue in 0..<4 { try await database.insertQueue("q\(queue)") }
        for worker in 0..<20 { backlog.workers.append(try await database.insertWorker("w\(worker)")) }
        // In an order that makes the rows of a state lie side by side neither by tenant nor by queue.
        let ids = try await database.submit(
            (0..<20_000).map { .sample(tenant: "tenant-\($0 % 100)", queue: "q\($0 / 100 % 4)", priority: $0 % 10) }, now: 1_000_000)
        try await database.write { connection in
            // Ended: the 6,000 oldest.
            try connection.execute("UPDATE tasks SET state = 'succeeded', finished_at = 1 WHERE id <= \(ids[5999])")
            try connection.execute(
                "UPDATE tasks SET state = 'scheduled', ready_at = 1000000 + id - \(ids[6000]) WHERE id BETWEEN \(ids[6000]) AND \(ids[9999])"
            )
        }
        backlog.running = try await database.claim(50, queue: "q0", worker: backlog.workers[0])
        for worker in backlog.workers.dropFirst() { _ = try await database.claim(50, queue: "q0", worker: worker) }
        backlog.queued = ids[19_900]
        return backlog
    }
}

package import Storage

/// The queues themselves: they belong to the platform, not to a tenant.
package enum QueueSetup {
    /// A queue as settings name it: `name:pool*weight`.
    package struct Queue: Sendable, Equatable {
        /// Unique.
        package var name: String
        /// The concurrency limit it shares with other queues of the same pool.
        package var pool: String
        /// A share of the pool's slots, at least 1.
        package var weight: Int

        package init(name: String, pool: String, weight: Int) {
            self.name = name
            self.pool = pool
            self.weight = weight
        }
    }

    /// Inserts queues that are missing and changes nothing about those that exist.
    package static func insertMissing(_ queues: [Queue], now: Int64, on connection: any Connection) throws {
        for queue in queues {
            try connection.execute(
                """
                INSERT INTO queues (name, pool, weight, paused, updated_at) VALUES (\(queue.name), \(queue.pool), \(queue.weight), 0, \(now))
                ON CONFLICT (name) DO NOTHING
                """)
        }
    }

    /// Takes effect with the next claim of every process. False when there is no such queue.
    package static func setPaused(queue: String, _ isPaused: Bool, now: Int64, on connection: any Connection) throws -> Bool {
        try connection.execute("UPDATE queues SET paused = \(isPaused), updated_at = \(now) WHERE name = \(queue)") == 1
    }
}

package import Storage

/// The queues themselves: they belong to the platform, not to a tenant.
package enum QueueSetup {
    /// Inserts queues that are missing and changes nothing about those that exist.
    package static func insertMissing(_ queues: [QueueDefinition], now: Int64, on connection: any Connection) throws {
        // In one order, whatever the settings say: two processes that start at once wait for each other's rows.
        for queue in queues.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
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

package import Storage

/// Queues that one tenant's admin has paused for that tenant alone.
///
/// Takes effect with the next claim of every process. The queue's own row counts the tenants, so that claims of a queue
/// that nobody has paused read nothing more than they did.
package enum QueuePauses {
    /// Pauses or resumes the queue for `tenant`. A repetition changes nothing.
    ///
    /// The queue's row is locked first: two tenants that pause at once are both counted.
    /// - Returns: false when there is no such queue.
    package static func setPaused(
        queue: String, tenant: String, _ isPaused: Bool, now: Int64, on connection: any Connection
    ) throws -> Bool {
        guard try lock(queue, connection) else { return false }
        if isPaused {
            try insert(queue, tenant, now: now, connection)
        } else {
            try delete(queue, tenant, connection)
        }
        try count(queue, now: now, connection)
        return true
    }

    private static func lock(_ queue: String, _ connection: any Connection) throws -> Bool {
        try connection.row("SELECT 1 FROM queues WHERE name = \(queue)\(lock: .update)") { _ in true } ?? false
    }

    private static func insert(_ queue: String, _ tenant: String, now: Int64, _ connection: any Connection) throws {
        try connection.execute(
            """
            INSERT INTO queue_pauses (queue, tenant, paused_at) VALUES (\(queue), \(tenant), \(now))
            ON CONFLICT (queue, tenant) DO NOTHING
            """)
    }

    private static func delete(_ queue: String, _ tenant: String, _ connection: any Connection) throws {
        try connection.execute("DELETE FROM queue_pauses WHERE queue = \(queue) AND tenant = \(tenant)")
    }

    private static func count(_ queue: String, now: Int64, _ connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE queues
            SET tenant_pauses = (SELECT COUNT(*) FROM queue_pauses AS p WHERE p.queue = queues.name), updated_at = \(now)
            WHERE name = \(queue)
            """)
    }
}

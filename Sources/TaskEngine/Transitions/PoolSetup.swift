package import Storage

/// The limits of pools that were set while processes run. They belong to the platform, not to a tenant.
///
/// The row is all there is: after the commit every process follows it, however often processes start and end.
package enum PoolSetup {
    /// Largest limit, as in settings.
    package static let largestLimit = 10_000

    /// Sets what each process runs of the pool at once, instead of what it was started with; nil removes that again. 0 starts
    /// nothing more of the pool. A repetition changes nothing but the time.
    /// - Returns: false when nobody knows the pool: no queue names it, no live worker serves it and no limit was set for it.
    package static func setLimit(pool: String, _ limit: Int?, now: Int64, on connection: any Connection) throws -> Bool {
        guard try isKnown(pool, connection) else { return false }
        if let limit {
            try connection.execute(
                """
                INSERT INTO pools (name, limit_override, updated_at) VALUES (\(pool), \(limit), \(now))
                ON CONFLICT (name) DO UPDATE SET limit_override = excluded.limit_override, updated_at = excluded.updated_at
                """)
        } else {
            try connection.execute("DELETE FROM pools WHERE name = \(pool)")
        }
        return true
    }

    private static func isKnown(_ pool: String, _ connection: any Connection) throws -> Bool {
        let isNamed = try connection.row(
            "SELECT 1 FROM queues WHERE pool = \(pool) UNION ALL SELECT 1 FROM pools WHERE name = \(pool) LIMIT 1"
        ) { _ in true }
        if isNamed == true { return true }
        return try ReadPlatform.workers(on: connection).contains { worker in worker.poolLimits.contains { $0.name == pool } }
    }
}

package import Storage

/// Reads pools: what live workers grant, what was set while they run, and what runs. Pools belong to the platform, so
/// nothing here takes a tenant.
package enum ReadPools {
    /// All pools that a live worker serves, a queue names or a limit was set for, by name.
    /// - Parameter workers: what ``ReadPlatform/workers(on:)`` found on the same connection.
    package static func all(workers: [WorkerDetail], on connection: any Connection) throws -> [PoolDetail] {
        let active = workers.filter { !$0.isDraining }
        let overrides = try overrides(on: connection)
        let running = try runningByPool(connection)
        let configured = largest(active.flatMap(\.configuredLimits))
        let slots = Dictionary(active.flatMap(\.poolLimits).map { ($0.name, $0.limit) }, uniquingKeysWith: +)
        let serving = Dictionary(active.flatMap(\.poolLimits).map { ($0.name, 1) }, uniquingKeysWith: +)
        return Set(slots.keys).union(running.keys).union(overrides.keys).sorted().map { name in
            PoolDetail(
                name: name, configuredLimit: configured[name], limitOverride: overrides[name], slots: slots[name] ?? 0,
                running: running[name] ?? 0, workers: serving[name] ?? 0)
        }
    }

    /// One pool; nil when ``all(workers:on:)`` would not show it.
    package static func one(_ name: String, on connection: any Connection) throws -> PoolDetail? {
        try all(workers: ReadPlatform.workers(on: connection), on: connection).first { $0.name == name }
    }

    /// Limits that were set while processes run, by pool.
    package static func overrides(on connection: any Connection) throws -> [String: Int] {
        let rows = try connection.rows("SELECT name, limit_override FROM pools ORDER BY name") { ($0.text(0), Int($0.int(1))) }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// Processes may be started with different limits; the largest says what the pool can do.
    private static func largest(_ limits: [(name: String, limit: Int)]) -> [String: Int] {
        Dictionary(limits.map { ($0.name, $0.limit) }, uniquingKeysWith: max)
    }

    private static func runningByPool(_ connection: any Connection) throws -> [String: Int] {
        let rows = try connection.rows(
            """
            SELECT q.pool, SUM(COALESCE(held.n, 0))
            FROM queues AS q
            LEFT JOIN (SELECT t.queue, COUNT(*) AS n FROM tasks AS t WHERE t.state = 'running' GROUP BY t.queue) AS held ON held.queue = q.name
            GROUP BY q.pool
            """
        ) { ($0.text(0), Int($0.int(1))) }
        return Dictionary(rows, uniquingKeysWith: +)
    }
}

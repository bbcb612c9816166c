package import Storage

/// Reads what belongs to the platform and to no tenant: workers, and how much work there is in all. Nothing here
/// names a tenant's task, so nothing here takes a tenant.
package enum ReadPlatform {
    /// Workers that are not known to have ended, by id. One that stopped renewing is among them until it is declared dead.
    package static func workers(on connection: any Connection) throws -> [WorkerDetail] {
        try connection.rows(
            """
            SELECT w.id, w.name, w.host, w.pid, w.state, w.started_at, w.seen_at, w.pools, w.queues, w.types, w.configured_pools,
                (SELECT COUNT(*) FROM tasks AS t WHERE t.state = 'running' AND t.worker = w.id)
            FROM workers AS w WHERE w.state IN ('live', 'draining') ORDER BY w.id
            """
        ) { row in
            WorkerDetail(
                id: row.int(0), name: row.text(1), host: row.text(2), pid: row.int(3), isDraining: row.text(4) == "draining",
                startedAt: row.int(5), seenAt: row.int(6), pools: row.text(7), queues: row.text(8), types: row.text(9),
                configuredPools: row.textOrNil(10), running: Int(row.int(11)))
        }
    }

    /// Ready tasks of all tenants.
    package static func queued(limit: Int = LimitedCount.usualLimit, on connection: any Connection) throws -> LimitedCount {
        let count = try connection.row(
            "SELECT COUNT(*) FROM (SELECT 1 FROM tasks AS t WHERE t.state = 'queued' LIMIT \(limit + 1)) AS ready"
        ) { Int($0.int(0)) }
        return LimitedCount(counted: count ?? 0, limit: limit)
    }

    /// Unfinished workflow runs of all tenants by state, counted up to a limit over both.
    package static func runs(limit: Int, on connection: any Connection) throws -> [RunState: Int] {
        let rows = try connection.rows(
            """
            SELECT found.state, COUNT(*) FROM (
                SELECT w.state FROM workflow_runs AS w WHERE w.finished_at IS NULL LIMIT \(limit)) AS found
            GROUP BY found.state
            """
        ) { (try RunState(stored: $0.text(0)), Int($0.int(1))) }
        return Dictionary(rows, uniquingKeysWith: +)
    }

    /// Running tasks of all tenants. Never many: each holds a slot.
    package static func running(on connection: any Connection) throws -> Int {
        try connection.row("SELECT COUNT(*) FROM tasks AS t WHERE t.state = 'running'") { Int($0.int(0)) } ?? 0
    }
}

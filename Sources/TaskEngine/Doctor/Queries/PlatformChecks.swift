import Storage

/// What is few: queues and their pauses, workers, and the counter of ids.
enum PlatformChecks {
    static func look(now: Int64, on connection: any Connection) throws -> [Finding] {
        try pauses(connection) + pausesOfNothing(connection) + silentWorkers(now, connection) + ids(connection)
    }

    private static func pauses(_ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT s.name, s.counted, s.there FROM (
                SELECT q.name, q.tenant_pauses AS counted, (SELECT COUNT(*) FROM queue_pauses AS p WHERE p.queue = q.name) AS there
                FROM queues AS q) AS s
            WHERE s.counted <> s.there ORDER BY s.name
            """
        ) { row in
            let name = row.text(0)
            return Finding(
                .pausesDisagree, subject: "queue \(name)",
                "the queue '\(name)' counts \(row.int(1)) tenants that have paused it, and there are \(row.int(2))",
                repair:
                    "UPDATE queues SET tenant_pauses = (SELECT COUNT(*) FROM queue_pauses AS p WHERE p.queue = queues.name) WHERE name = '\(name)'"
            )
        }
    }

    private static func pausesOfNothing(_ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT DISTINCT p.queue FROM queue_pauses AS p
            WHERE NOT EXISTS (SELECT 1 FROM queues AS q WHERE q.name = p.queue) ORDER BY p.queue
            """
        ) { row in
            Finding(
                .orphan, subject: "queue \(row.text(0))", "tenants have paused the queue '\(row.text(0))', which does not exist",
                repair: "DELETE FROM queue_pauses WHERE queue = '\(row.text(0))'")
        }
    }

    private static func silentWorkers(_ now: Int64, _ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT w.id, w.name FROM workers AS w
            WHERE w.state IN ('live', 'draining') AND w.seen_at < \(now - TaskRowChecks.patience) AND \(fragment: TaskRowChecks.someoneLives(now))
            ORDER BY w.id
            """
        ) { row in
            Finding(
                .workerSilent, subject: "worker \(row.int(0))",
                "worker \(row.int(0)) (\(row.text(1))) counts as living and was last heard of more than a minute ago; if it does live, its machine's clock is behind",
                repair: "UPDATE workers SET state = 'dead' WHERE id = \(row.int(0)) AND state IN ('live', 'draining')")
        }
    }

    private static func ids(_ connection: any Connection) throws -> [Finding] {
        try IDCounterCheck.look(
            "SELECT MAX(id) AS id FROM tasks UNION ALL SELECT MAX(id) FROM workers UNION ALL SELECT MAX(id) FROM task_logs UNION ALL SELECT MAX(id) FROM schedules",
            of: "tasks",
            on: connection)
    }
}

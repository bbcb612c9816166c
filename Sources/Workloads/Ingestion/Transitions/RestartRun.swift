import Storage
import TaskEngine

/// Has an upload read again by a new task. The former result stays visible until the new one is complete.
enum RestartRun {
    enum Result: Sendable {
        /// The new task, and what is to be announced after the commit: nothing when an earlier request with the same
        /// idempotency key started it.
        case restarted(task: Int64, changes: [TaskChange], isReplay: Bool)
        /// Its task has not ended.
        case unfinished(task: Int64)
        /// The tenant has no such run.
        case unknown
        /// The idempotency key was used for another request.
        case keyReused
    }

    /// As ``restart(run:tenant:now:service:on:)``, once per idempotency key.
    static func restart(
        run: Int64, once key: IdempotencyKey?, tenant: String, now: Int64, service: TaskService, on connection: any Connection
    ) throws -> Result {
        try IdempotencyKeys.once(
            key, now: now, on: connection,
            effect: { try restart(run: run, tenant: tenant, now: now, service: service, on: connection) },
            answer: { if case .restarted(let task, _, _) = $0 { "\(task)" } else { nil } },
            replay: { .restarted(task: Int64($0) ?? 0, changes: [], isReplay: true) }) ?? .keyReused
    }

    /// - Throws: ``SubmitRefusal`` when the task's queue does not exist.
    static func restart(run: Int64, tenant: String, now: Int64, service: TaskService, on connection: any Connection) throws -> Result {
        let former = try connection.row(
            "SELECT task_id FROM runs WHERE id = \(run) AND tenant = \(tenant)\(lock: .update)"
        ) { $0.int(0) }
        guard let former else { return .unknown }
        if try isUnfinished(former, connection) { return .unfinished(task: former) }
        let task = try service.submit([ParseRun.request(run: run)], tenant: tenant, now: now, on: connection)
        try assign(task.ids[0], run, connection)
        return .restarted(task: task.ids[0], changes: task.changes, isReplay: false)
    }

    private static func isUnfinished(_ task: Int64, _ connection: any Connection) throws -> Bool {
        try connection.row("SELECT 1 FROM tasks WHERE id = \(task) AND finished_at IS NULL") { _ in true } ?? false
    }

    private static func assign(_ task: Int64, _ run: Int64, _ connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE runs
            SET task_id = \(task), status = 'stored', started_at = NULL, finished_at = NULL, error_code = NULL, error_message = NULL
            WHERE id = \(run)
            """)
    }
}

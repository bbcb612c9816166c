package import Storage

/// Inserts tasks, one or ten thousand, all or none.
///
/// Before the commit nothing of it exists; after it every task is waiting for its time or for a slot, even if the process
/// dies at once. A submit may be repeated by its caller when no answer came: it then inserts anew, unless the caller uses
/// a key of its own.
package enum Submit {
    /// What a submit led to.
    package enum Result: Sendable {
        /// The new ids in the order of the tasks, with the changes to announce.
        case submitted(ids: [Int64], changes: [TaskChange])
        /// Nothing was inserted: the task at `index` names a queue that does not exist.
        case unknownQueue(index: Int, queue: String)
    }

    /// - Parameter now: microseconds since 1970; a task whose `runAt` is not after it is queued at once.
    package static func submit(_ tasks: [NewTask], now: Int64, on connection: any Connection) throws -> Result {
        if let index = try firstUnknownQueue(tasks, connection) {
            return .unknownQueue(index: index, queue: tasks[index].queue)
        }
        let ids = try connection.allocateIDs(tasks.count)
        var changes: [TaskChange] = []
        changes.reserveCapacity(tasks.count)
        var rows = RowSet(taskColumns, capacity: tasks.count)
        var payloads = RowSet([.bigint("task_id"), .text("input"), .text("tags"), .text("metadata")])
        for (id, task) in zip(ids, tasks) {
            let isDelayed = (task.runAt ?? now) > now
            let state: TaskState = isDelayed ? .scheduled : .queued
            rows.append([
                .int(id), .text(task.tenant), .text(task.type), .text(task.queue), .text(state.rawValue), .int(Int64(task.priority)),
                .int(isDelayed ? task.runAt : now), .int(now), .int(Int64(task.maxRetries)), .int(task.softMilliseconds),
                .int(task.timeoutMilliseconds),
            ])
            if task.hasPayload { payloads.append([.int(id), .text(task.input), .text(task.tags), .text(task.metadata)]) }
            changes.append(TaskChange(tenant: task.tenant, id: id, version: 1, state: state, type: task.type, queue: task.queue))
        }
        try insert(rows, connection)
        try insertPayloads(payloads, connection)
        return .submitted(ids: ids, changes: changes)
    }

    private static let taskColumns: [RowSet.Column] = [
        .bigint("id"), .text("tenant"), .text("type"), .text("queue"), .text("state"), .bigint("priority"), .bigint("ready_at"),
        .bigint("created_at"), .bigint("max_retries"), .bigint("soft_ms"), .bigint("timeout_ms"),
    ]

    /// Queues are a handful and change rarely: reading them costs one small statement, and a foreign key would cost one per row.
    private static func firstUnknownQueue(_ tasks: [NewTask], _ connection: any Connection) throws -> Int? {
        let known = Set(try connection.rows("SELECT name FROM queues") { $0.text(0) })
        return tasks.firstIndex { !known.contains($0.queue) }
    }

    private static func insert(_ rows: RowSet, _ connection: any Connection) throws {
        try connection.forEach(
            rows,
            """
            INSERT INTO tasks (id, tenant, type, queue, state, priority, ready_at, created_at, max_retries, soft_ms, timeout_ms)
            SELECT r.id, r.tenant, r.type, r.queue, r.state, r.priority, r.ready_at, r.created_at, r.max_retries, r.soft_ms, r.timeout_ms
            FROM \(rows, as: "r")
            """)
    }

    private static func insertPayloads(_ rows: RowSet, _ connection: any Connection) throws {
        try connection.forEach(
            rows,
            """
            INSERT INTO task_payloads (task_id, input, tags, metadata)
            SELECT r.task_id, r.input, r.tags, r.metadata FROM \(rows, as: "r")
            """)
    }
}

import Storage

extension Submit {
    /// The rows of new tasks. What a task does not use costs it nothing: it is in no set and no statement of the others.
    struct Rows {
        private var plain: RowSet
        private var withOptions = RowSet(Self.taskColumns + [.text("unique_key"), .bigint("expires_at")])
        private var payloads = RowSet([.bigint("task_id"), .text("input"), .text("tags"), .text("metadata")])
        private var labelled: [(id: Int64, tenant: String, labels: [String])] = []

        private static let taskColumns: [RowSet.Column] = [
            .bigint("id"), .text("tenant"), .text("type"), .text("queue"), .text("state"), .bigint("priority"), .bigint("ready_at"),
            .bigint("created_at"), .bigint("max_retries"), .bigint("soft_ms"), .bigint("timeout_ms"),
        ]

        init(capacity: Int) {
            plain = RowSet(Self.taskColumns, capacity: capacity)
        }

        /// Adds a task and returns the change to announce.
        mutating func add(_ task: NewTask, id: Int64, now: Int64) -> TaskChange {
            let isDelayed = (task.runAt ?? now) > now
            let state: TaskState = isDelayed ? .scheduled : .queued
            let row: [SQLValue] = [
                .int(id), .text(task.tenant), .text(task.type), .text(task.queue), .text(state.rawValue), .int(Int64(task.priority)),
                .int(isDelayed ? task.runAt : now), .int(now), .int(Int64(task.maxRetries)), .int(task.softMilliseconds),
                .int(task.timeoutMilliseconds),
            ]
            if task.hasOptions {
                withOptions.append(row + [.text(task.uniqueKey?.text), .int(task.expiresAt)])
            } else {
                plain.append(row)
            }
            if task.hasPayload { payloads.append([.int(id), .text(task.input), .text(task.tags), .text(task.metadata)]) }
            if !task.labels.isEmpty { labelled.append((id, task.tenant, task.labels)) }
            return TaskChange(
                tenant: task.tenant, id: id, version: 1, state: state, type: task.type, queue: task.queue, expires: task.expiresAt != nil)
        }

        func insert(on connection: any Connection) throws {
            try insertTasks(plain, connection)
            try insertTasks(withOptions, columns: ", unique_key, expires_at", values: ", r.unique_key, r.expires_at", connection)
            try insertPayloads(connection)
            try TaskLabels.insert(labelled, on: connection)
        }

        private func insertTasks(_ rows: RowSet, columns: SQL = "", values: SQL = "", _ connection: any Connection) throws {
            try connection.forEach(
                rows,
                """
                INSERT INTO tasks
                    (id, tenant, type, queue, state, priority, ready_at, created_at, max_retries, soft_ms, timeout_ms\(fragment: columns))
                SELECT r.id, r.tenant, r.type, r.queue, r.state, r.priority, r.ready_at, r.created_at, r.max_retries, r.soft_ms, r.timeout_ms\(fragment: values)
                FROM \(rows, as: "r")
                """)
        }

        private func insertPayloads(_ connection: any Connection) throws {
            try connection.forEach(
                payloads,
                """
                INSERT INTO task_payloads (task_id, input, tags, metadata)
                SELECT r.task_id, r.input, r.tags, r.metadata FROM \(payloads, as: "r")
                """)
        }
    }
}

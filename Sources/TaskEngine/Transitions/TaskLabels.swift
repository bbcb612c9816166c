import Storage

/// What lists search tasks by. Written with the task in one transaction, never changed, deleted with it.
enum TaskLabels {
    /// Inserts the labels of each task. The same label twice is one.
    static func insert(_ tasks: [(id: Int64, tenant: String, labels: [String])], on connection: any Connection) throws {
        guard !tasks.isEmpty else { return }
        var rows = RowSet([.text("tenant"), .text("label"), .bigint("task_id")])
        for task in tasks {
            for label in task.labels { rows.append([.text(task.tenant), .text(label), .int(task.id)]) }
        }
        try connection.forEach(
            rows,
            """
            INSERT INTO task_labels (tenant, label, task_id) SELECT r.tenant, r.label, r.task_id FROM \(rows, as: "r") WHERE true
            ON CONFLICT (tenant, label, task_id) DO NOTHING
            """)
    }
}

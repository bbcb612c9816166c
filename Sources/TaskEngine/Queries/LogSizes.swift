import Storage

/// How long the logs of some tasks are.
enum LogSizes {
    /// Bytes by task, as ``LogBudget`` counts them; a task without lines is missing. Reads the tasks' whole logs, so it is asked once
    /// for an attempt that is not the first.
    static func bytes(ofTasks tasks: [Int64], on connection: any Connection) throws -> [Int64: Int] {
        guard !tasks.isEmpty else { return [:] }
        var rows = RowSet([.bigint("id")], capacity: tasks.count)
        for task in tasks { rows.append([.int(task)]) }
        let sizes = try connection.rows(
            """
            SELECT l.task_id, SUM(\(sqlite: "LENGTH(CAST(l.message AS BLOB))", postgres: "OCTET_LENGTH(l.message)") + \(LogBudget.bytesPerLine))
            FROM \(rows, as: "r") JOIN task_logs AS l ON l.task_id = r.id GROUP BY l.task_id
            """
        ) { ($0.int(0), Int($0.int(1))) }
        return Dictionary(sizes, uniquingKeysWith: +)
    }
}

import Storage

/// Log lines and progress: about a task, but no change of its state.
enum JournalWrites {
    static func insert(_ lines: [TaskJournal.Line], on connection: any Connection) throws {
        let ids = try connection.allocateIDs(lines.count)
        var rows = RowSet(
            [.bigint("id"), .bigint("task_id"), .bigint("attempt"), .text("level"), .text("message"), .bigint("logged_at")],
            capacity: lines.count)
        for (id, line) in zip(ids, lines) {
            rows.append([
                .int(id), .int(line.task), .int(Int64(line.attempt)), .text(line.level), .text(line.message), .int(line.at),
            ])
        }
        try connection.forEach(
            rows,
            """
            INSERT INTO task_logs (id, task_id, attempt, level, message, logged_at)
            SELECT r.id, r.task_id, r.attempt, r.level, r.message, r.logged_at FROM \(rows, as: "r")
            """)
    }

    /// Accepted from the claim that holds the task or held it last; an older claim's progress changes nothing.
    static func store(_ progress: [TaskJournal.Progress], now: Int64, on connection: any Connection) throws {
        var rows = RowSet([.bigint("task_id"), .bigint("claim"), .double("fraction"), .text("message")], capacity: progress.count)
        for item in progress { rows.append([.int(item.task), .int(item.claim), .double(item.fraction), .text(item.message)]) }
        try connection.forEach(
            rows,
            """
            INSERT INTO task_progress (task_id, claim, fraction, message, updated_at)
            SELECT r.task_id, r.claim, r.fraction, r.message, \(now)
            FROM \(rows, as: "r") JOIN tasks ON tasks.id = r.task_id AND tasks.claim = r.claim WHERE true
            ON CONFLICT (task_id) DO UPDATE
            SET claim = excluded.claim, fraction = excluded.fraction, message = excluded.message, updated_at = excluded.updated_at
            """)
    }
}

package import Storage

/// Forgets unique keys whose window is over and whose task is gone. A key goes with its task (``PruneTasks``) unless its window
/// lasts longer; then it goes here, once the window is over. The task lock comes before the key's, as everywhere.
package enum PruneUniqueKeys {
    /// Most rows in one transaction.
    package static let largestSlice = 250

    /// A part of the windows that ended after `time` and by `now` that is small enough for one read.
    /// - Returns: the end of that part; nil when no window ended.
    package static func step(after time: Int64, until now: Int64, limit: Int = PruneCandidates.window, on connection: any Connection) throws
        -> Int64?
    {
        try connection.row(
            """
            SELECT MAX(ended.until) FROM (
                SELECT until FROM unique_keys WHERE until > 0 AND until > \(time) AND until <= \(now) ORDER BY until LIMIT \(limit)) AS ended
            """
        ) { $0.intOrNil(0) } ?? nil
    }

    /// Forgets keys whose window ended after `time` and by `end` and whose task is gone, at most ``largestSlice``. Locked first and
    /// looked at again: a submit that had the row before us may have given it to a new task.
    /// - Returns: how many.
    package static func prune(after time: Int64, through end: Int64, on connection: any Connection) throws -> Int {
        var keys = RowSet([.text("tenant"), .text("type"), .text("unique_key")])
        for key in try lock(after: time, through: end, connection) { keys.append(key) }
        guard !keys.isEmpty else { return 0 }
        return try connection.execute(
            """
            DELETE FROM unique_keys WHERE until > 0 AND until <= \(end)
                AND (tenant, type, unique_key) IN (SELECT r.tenant, r.type, r.unique_key FROM \(keys, as: "r"))
                AND NOT EXISTS (SELECT 1 FROM tasks AS t WHERE t.id = unique_keys.task_id)
            """)
    }

    private static func lock(after time: Int64, through end: Int64, _ connection: any Connection) throws -> [[SQLValue]] {
        try connection.rows(
            """
            SELECT k.tenant, k.type, k.unique_key FROM unique_keys AS k
            WHERE k.until > 0 AND k.until > \(time) AND k.until <= \(end)
                AND NOT EXISTS (SELECT 1 FROM tasks AS t WHERE t.id = k.task_id)
            ORDER BY k.until LIMIT \(largestSlice)\(lock: .updateSkipLocked)
            """
        ) { [.text($0.text(0)), .text($0.text(1)), .text($0.text(2))] }
    }
}

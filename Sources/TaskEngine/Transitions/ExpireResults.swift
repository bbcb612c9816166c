package import Storage

/// Forgets what handlers returned, while the tasks stay.
///
/// The row is kept, empty: so a task whose result has expired can be told from one that never had any. Before the commit
/// the result is read as ever, after it the task says that it has expired. Rows that another transaction holds are passed over.
package enum ExpireResults {
    /// `created_at` of an expired result, beside an output of no characters, which is no JSON and so nobody's result.
    static let expired: Int64 = 0

    /// Forgets those of `tasks` (at most ``PruneTasks/largestSlice``) that were stored before `time`.
    /// - Returns: how many.
    package static func expire(_ tasks: [Int64], storedBefore time: Int64, on connection: any Connection) throws -> Int {
        guard let first = tasks.min(), let last = tasks.max() else { return 0 }
        let rows = RowSet(ids: tasks)
        return try connection.execute(
            """
            WITH old AS MATERIALIZED (
                SELECT x.task_id FROM task_results AS x
                WHERE x.task_id >= \(first) AND x.task_id <= \(last) AND x.task_id IN (SELECT r.id FROM \(rows, as: "r"))
                    AND x.created_at > \(expired) AND x.created_at < \(time)\(lock: .updateSkipLocked))
            UPDATE task_results SET output = '', created_at = \(expired) FROM old WHERE task_results.task_id = old.task_id
            """)
    }
}

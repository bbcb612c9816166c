import Storage

/// Holds runs in statements that lock tasks, so that it is done first without a statement of its own: the roots of the runs of
/// these tasks are locked before the tasks are, which is the lock order. On SQLite the writer is alone.
///
/// ```sql
/// WITH roots AS MATERIALIZED (…locks…) SELECT … FROM tasks WHERE … AND (SELECT COUNT(*) FROM roots) >= 0 FOR UPDATE
/// ```
/// The count is known, and so the locks are held, before the first task is looked at.
enum RunLocks {
    /// `WITH roots AS MATERIALIZED (…)` and a space or, with more tables to follow, a comma.
    /// - Parameters:
    ///   - runs: a query for ids of runs, those of the tasks.
    ///   - one: whether it finds one at the most, which needs no order.
    static func with(_ runs: SQL, one: Bool = false, more: Bool = false, on connection: any Connection) -> SQL {
        guard connection.dialect == .postgres else { return more ? "WITH " : "" }
        let roots: SQL = """
            WITH roots AS MATERIALIZED (
                SELECT w.id FROM workflow_runs AS w WHERE w.id IN (SELECT x.root FROM workflow_runs AS x WHERE x.id IN (\(fragment: runs)))
                \(fragment: one ? "" : "ORDER BY w.id ")FOR UPDATE)
            """
        return more ? "\(fragment: roots), " : "\(fragment: roots) "
    }

    /// The condition that has them locked.
    static func held(on connection: any Connection) -> SQL {
        connection.dialect == .postgres ? " AND (SELECT COUNT(*) FROM roots) >= 0" : ""
    }
}

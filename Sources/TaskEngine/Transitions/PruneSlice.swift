import Storage

/// Tasks that are being deleted, and what hangs on them. All ids come from one counter, so a seek into the range of the
/// slice tells whether a table has anything to delete at all: most tasks have neither attempts nor progress nor logs.
struct PruneSlice {
    /// Tables with rows about a task, apart from its log.
    enum Table: CaseIterable {
        case payloads, results, attempts, progress, labels
    }

    /// The tasks' ids in a column `id`.
    let rows: RowSet
    private let first: Int64
    private let last: Int64

    /// Nil when there are none.
    /// - Parameter ids: ascending.
    init?(_ ids: [Int64]) {
        guard let first = ids.first, let last = ids.last else { return nil }
        self.first = first
        self.last = last
        rows = RowSet(ids: ids)
    }

    func hasRows(in table: Table, _ connection: any Connection) throws -> Bool {
        let query: SQL =
            switch table {
            case .payloads: "SELECT 1 FROM task_payloads WHERE \(fragment: range) ORDER BY task_id LIMIT 1"
            case .results: "SELECT 1 FROM task_results WHERE \(fragment: range) ORDER BY task_id LIMIT 1"
            case .attempts: "SELECT 1 FROM attempts WHERE \(fragment: range) ORDER BY task_id LIMIT 1"
            case .progress: "SELECT 1 FROM task_progress WHERE \(fragment: range) ORDER BY task_id LIMIT 1"
            case .labels: "SELECT 1 FROM task_labels WHERE \(fragment: range) ORDER BY task_id LIMIT 1"
            }
        return try connection.row(query) { _ in true } ?? false
    }

    func delete(from table: Table, _ connection: any Connection) throws {
        let ours: SQL = "\(fragment: range) AND task_id IN (SELECT r.id FROM \(rows, as: "r"))"
        let statement: SQL =
            switch table {
            case .payloads: "DELETE FROM task_payloads WHERE \(fragment: ours)"
            case .results: "DELETE FROM task_results WHERE \(fragment: ours)"
            case .attempts: "DELETE FROM attempts WHERE \(fragment: ours)"
            case .progress: "DELETE FROM task_progress WHERE \(fragment: ours)"
            case .labels: "DELETE FROM task_labels WHERE \(fragment: ours)"
            }
        try connection.execute(statement)
    }

    func hasLogs(_ connection: any Connection) throws -> Bool {
        try connection.row("SELECT 1 FROM task_logs WHERE \(fragment: range) ORDER BY task_id LIMIT 1") { _ in true } ?? false
    }

    /// Keys that these tasks hold, but for those whose window lasts. Locked in their order first: a submit may want several.
    func deleteUniqueKeys(now: Int64, _ connection: any Connection) throws {
        if connection.dialect == .postgres { try lockUniqueKeys(connection) }
        try connection.execute(
            """
            DELETE FROM unique_keys
            WHERE until <= \(now) AND (tenant, type, unique_key, task_id) IN (
                SELECT t.tenant, t.type, t.unique_key, t.id FROM \(rows, as: "r") CROSS JOIN tasks AS t
                WHERE t.id = r.id AND t.id >= \(first) AND t.id <= \(last))
            """)
    }

    private func lockUniqueKeys(_ connection: any Connection) throws {
        _ = try connection.rows(
            """
            SELECT 1 FROM unique_keys AS r WHERE (r.tenant, r.type, r.unique_key, r.task_id) IN (
                SELECT t.tenant, t.type, t.unique_key, t.id FROM \(rows, as: "x") CROSS JOIN tasks AS t
                WHERE t.id = x.id AND t.id >= \(first) AND t.id <= \(last))
            ORDER BY \(fragment: UniqueKeys.order)\(lock: .update)
            """
        ) { _ in }
    }

    /// - Returns: how many there were.
    func deleteTasks(_ connection: any Connection) throws -> Int {
        try connection.execute(
            "DELETE FROM tasks WHERE id >= \(first) AND id <= \(last) AND id IN (SELECT r.id FROM \(rows, as: "r"))")
    }

    /// Beside the ids themselves: a slice lies close together, which PostgreSQL's planner cannot see in an array.
    private var range: SQL { "task_id >= \(first) AND task_id <= \(last)" }
}

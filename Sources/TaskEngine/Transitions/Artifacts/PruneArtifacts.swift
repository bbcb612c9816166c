import Storage

/// Deletes the artifacts of tasks or runs that are being deleted, and ends their references to stored files.
///
/// Before the commit they are there; after it they are not, and a sweep removes files that nobody names any more. Called until
/// it finds no more, before the rows that they hang on go.
enum PruneArtifacts {
    /// Most artifacts in one transaction.
    static let largestSlice = 250

    /// Deletes at most ``largestSlice`` artifacts of `scopes`, ascending ids of runs or of tasks that belong to none.
    /// - Returns: whether these were all.
    static func prune(_ scopes: [Int64], on connection: any Connection) throws -> Bool {
        guard let first = scopes.first, let last = scopes.last else { return true }
        // Most tasks have none, which one seek tells.
        let hasSome = try connection.row("SELECT 1 FROM artifacts WHERE scope >= \(first) AND scope <= \(last) ORDER BY scope LIMIT 1") {
            _ in true
        }
        guard hasSome == true else { return true }
        let rows = try connection.rows(
            """
            SELECT a.scope, a.name, a.tenant, a.sha256 FROM \(RowSet(ids: scopes), as: "r") CROSS JOIN artifacts AS a
            WHERE a.scope = r.id LIMIT \(largestSlice)
            """
        ) { (scope: $0.int(0), name: $0.text(1), blob: BlobKey(tenant: $0.text(2), sha256: $0.text(3))) }
        guard !rows.isEmpty else { return true }
        try delete(rows, connection)
        return rows.count < largestSlice
    }

    /// Deletes all that `tasks`, ascending, have stored in a run that stays: others may take the names.
    static func prune(storedBy tasks: [Int64], on connection: any Connection) throws {
        guard let first = tasks.first, let last = tasks.last else { return }
        let rows = try connection.rows(
            """
            SELECT scope, name, tenant, sha256 FROM artifacts
            WHERE task_id >= \(first) AND task_id <= \(last) AND task_id IN (SELECT r.id FROM \(RowSet(ids: tasks), as: "r"))
            """
        ) { (scope: $0.int(0), name: $0.text(1), blob: BlobKey(tenant: $0.text(2), sha256: $0.text(3))) }
        if !rows.isEmpty { try delete(rows, connection) }
    }

    private static func delete(_ rows: [(scope: Int64, name: String, blob: BlobKey)], _ connection: any Connection) throws {
        var keys = RowSet([.bigint("scope"), .text("name")], capacity: rows.count)
        for row in rows { keys.append([.int(row.scope), .text(row.name)]) }
        try connection.execute(
            "DELETE FROM artifacts WHERE (scope, name) IN (SELECT r.scope, r.name FROM \(keys, as: "r"))")
        try BlobReferences.release(rows.map(\.blob), on: connection)
    }
}

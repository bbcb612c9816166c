import Storage

/// Deletes an upload with its runs and results, and its file if no other upload has the same bytes.
///
/// After the commit nothing of it is seen any more. Rows of results and the file itself are removed afterwards, in pieces; a
/// process that dies in between leaves that to the next one.
enum DeleteUpload {
    enum Result: Sendable {
        case deleted
        /// A task that reads it has not ended.
        case unfinished(run: Int64)
        /// The tenant has no such upload.
        case unknown
    }

    static func delete(upload: Int64, tenant: String, blobs: BlobStore, on connection: any Connection) throws -> Result {
        let sha256 = try connection.row(
            "SELECT sha256 FROM uploads WHERE id = \(upload) AND tenant = \(tenant)\(lock: .update)"
        ) { $0.text(0) }
        guard let sha256 else { return .unknown }
        let runs = try connection.rows("SELECT id, task_id FROM runs WHERE upload_id = \(upload) ORDER BY id\(lock: .update)") { row in
            (id: row.int(0), task: row.int(1))
        }
        for run in runs where try isUnfinished(run.task, connection) { return .unfinished(run: run.id) }
        for run in runs { try abandonAll(run.id, connection) }
        try connection.execute("DELETE FROM runs WHERE upload_id = \(upload)")
        try connection.execute("DELETE FROM uploads WHERE id = \(upload)")
        try blobs.release(BlobKey(tenant: tenant, sha256: sha256), on: connection)
        return .deleted
    }

    private static func isUnfinished(_ task: Int64, _ connection: any Connection) throws -> Bool {
        try connection.row("SELECT 1 FROM tasks WHERE id = \(task) AND finished_at IS NULL") { _ in true } ?? false
    }

    private static func abandonAll(_ run: Int64, _ connection: any Connection) throws {
        try connection.execute("UPDATE run_generations SET state = 'abandoned' WHERE run_id = \(run) AND state <> 'abandoned'")
    }
}

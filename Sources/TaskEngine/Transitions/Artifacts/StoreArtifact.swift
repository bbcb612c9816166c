package import Storage

/// Records an artifact, or puts it in the place of the one that the same task stored under the name before.
///
/// Before the commit there is only a file that the next sweep removes; after it the artifact is seen, and the one before it is not. The row of
/// the task is held: an attempt that was rescued, ended or given up meanwhile stores nothing.
package enum StoreArtifact {
    /// What it led to. But for `stored` nothing was written.
    package enum Result: Sendable, Equatable {
        case stored
        /// The claim is not the task's any more.
        case stale
        /// Another task of the same run has the name.
        case taken(by: Int64)
        /// The file was given up meanwhile.
        case givenUp
    }

    /// - Parameter blobs: where the file has its place.
    package static func store(_ new: NewArtifact, blobs: BlobStore, on connection: any Connection) throws -> Result {
        guard let scope = try lockedScope(new, connection) else { return .stale }
        if let former = try former(new.name, scope: scope, connection), former.task != new.task { return .taken(by: former.task) }
        guard try blobs.use(new.blob, now: new.createdAt, on: connection) else { return .givenUp }
        if try insert(new, scope: scope, connection) { return .stored }
        guard let former = try former(new.name, scope: scope, connection), former.task == new.task else {
            // Another task of the run was quicker between the two looks: as if it had been so from the start.
            throw StorageError(.conflict, "an artifact of this name was stored at the same moment")
        }
        try replace(new, scope: scope, connection)
        try blobs.release(BlobKey(tenant: new.tenant, sha256: former.sha256), on: connection)
        return .stored
    }

    /// The run of the task, else the task; nil when the claim does not hold it any more.
    private static func lockedScope(_ new: NewArtifact, _ connection: any Connection) throws -> Int64? {
        try connection.row(
            """
            SELECT run_id, id FROM tasks WHERE id = \(new.task) AND claim = \(new.claim) AND \(plainColumn: "worker") = \(new.worker)\(lock: .update)
            """
        ) { $0.intOrNil(0) ?? $0.int(1) }
    }

    private static func former(_ name: String, scope: Int64, _ connection: any Connection) throws -> (task: Int64, sha256: String)? {
        try connection.row("SELECT task_id, sha256 FROM artifacts WHERE scope = \(scope) AND name = \(name)\(lock: .update)") {
            ($0.int(0), $0.text(1))
        }
    }

    /// - Returns: false when there is one of the name.
    private static func insert(_ new: NewArtifact, scope: Int64, _ connection: any Connection) throws -> Bool {
        try connection.execute(
            """
            INSERT INTO artifacts (scope, name, tenant, task_id, sha256, size, content_type, created_at)
            VALUES (\(scope), \(new.name), \(new.tenant), \(new.task), \(new.blob.key.sha256), \(new.blob.size), \(new.contentType),
                \(new.createdAt))
            ON CONFLICT (scope, name) DO NOTHING
            """) == 1
    }

    private static func replace(_ new: NewArtifact, scope: Int64, _ connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE artifacts
            SET sha256 = \(new.blob.key.sha256), size = \(new.blob.size), content_type = \(new.contentType), created_at = \(new.createdAt)
            WHERE scope = \(scope) AND name = \(new.name)
            """)
    }
}

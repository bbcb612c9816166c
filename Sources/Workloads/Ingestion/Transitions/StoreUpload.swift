import Storage
import TaskEngine

/// Records an upload with its run and the task that reads it.
///
/// Before the commit there is only a file that the next sweep removes; after it the upload will be read even if the process
/// dies at once.
enum StoreUpload {
    struct Stored: Sendable {
        let uploadID: Int64
        let runID: Int64
        let taskID: Int64
        /// To be announced after the commit.
        let changes: [TaskChange]
    }

    /// - Returns: nil when the file was given up meanwhile; nothing was written then.
    /// - Throws: ``SubmitRefusal`` when the task's queue does not exist.
    static func store(_ upload: NewUpload, blobs: BlobStore, service: TaskService, on connection: any Connection) throws -> Stored? {
        guard try blobs.use(upload.blob, now: upload.createdAt, on: connection) else { return nil }
        let ids = try connection.allocateIDs(2)
        let task = try service.submit([ParseRun.request(run: ids[1])], tenant: upload.tenant, now: upload.createdAt, on: connection)
        try insert(upload, id: ids[0], connection)
        try insertRun(ids[1], upload: ids[0], task: task.ids[0], upload, connection)
        return Stored(uploadID: ids[0], runID: ids[1], taskID: task.ids[0], changes: task.changes)
    }

    private static func insert(_ upload: NewUpload, id: Int64, _ connection: any Connection) throws {
        try connection.execute(
            """
            INSERT INTO uploads (id, tenant, sha256, size, filename, type, label, notes, created_at)
            VALUES (\(id), \(upload.tenant), \(upload.blob.key.sha256), \(upload.blob.size), \(upload.filename), \(upload.type.rawValue),
                \(upload.label), \(upload.notes), \(upload.createdAt))
            """)
    }

    private static func insertRun(_ id: Int64, upload: Int64, task: Int64, _ new: NewUpload, _ connection: any Connection) throws {
        try connection.execute(
            """
            INSERT INTO runs (id, tenant, upload_id, task_id, status, created_at)
            VALUES (\(id), \(new.tenant), \(upload), \(task), 'stored', \(new.createdAt))
            """)
    }
}

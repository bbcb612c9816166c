import JSONText
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
        /// Whether an earlier request with the same idempotency key stored it: nothing was written now.
        var isReplay = false
    }

    /// What a request to store an upload led to.
    enum Result: Sendable {
        case stored(Stored)
        /// The file was given up meanwhile; nothing was written.
        case givenUp
        /// The idempotency key was used for another request; nothing was written.
        case keyReused
    }

    /// As ``store(_:blobs:service:on:)``, once per idempotency key. On a replay the placed file is not used.
    static func store(
        _ upload: NewUpload, once key: IdempotencyKey?, blobs: BlobStore, service: TaskService, on connection: any Connection
    ) throws -> Result {
        try IdempotencyKeys.once(
            key, now: upload.createdAt, on: connection,
            effect: { try store(upload, blobs: blobs, service: service, on: connection).map { .stored($0) } ?? .givenUp },
            answer: \.answer, replay: { .stored(try Stored(answer: $0)) }) ?? .keyReused
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

extension StoreUpload.Result {
    /// What is kept for the case that the request is sent again: its ids.
    fileprivate var answer: String? {
        guard case .stored(let stored) = self else { return nil }
        return "[\(stored.uploadID),\(stored.runID),\(stored.taskID)]"
    }
}

extension StoreUpload.Stored {
    /// - Throws: ``StorageError/Code/corrupt`` for a text that ``StoreUpload/Result`` did not write.
    fileprivate init(answer: String) throws {
        let ids = (try? JSONDocument(parsing: answer).root.elements.compactMap(\.int64)) ?? []
        guard ids.count == 3 else { throw StorageError(.corrupt, "a kept answer cannot be read") }
        self.init(uploadID: ids[0], runID: ids[1], taskID: ids[2], changes: [], isReplay: true)
    }
}

import Foundation
package import Logging

/// Stored files, one per tenant and content, in a directory. Everything about files goes through here.
///
/// Put: the bytes go to a file of their own under `incoming/`, are synced, and only then get their place, durably, before
/// the caller's transaction refers to them (``use(_:now:on:)``). So an acknowledged upload has its file whatever dies when,
/// and an interrupted one leaves nothing that the next ``sweep(_:now:)`` does not remove. Rows decide about removal: a file
/// goes in the transaction that deletes its row, under that row's lock.
package struct BlobStore: Sendable {
    /// After this an upload that put its file in place and then fell silent has died.
    static let longestHold: Int64 = 3_600_000_000

    let paths: BlobPaths
    private let directories: BlobDirectories
    let database: any Database
    let queue = BlobQueue()
    let logger: Logger
    /// Microseconds since 1970 when this process began to use the directory.
    let openedAt: Int64
    private let minFree: Int64
    private let freeBytes: @Sendable () throws -> Int64

    /// Opens the directory `blobs` below `directory` and makes what is missing.
    /// - Parameters:
    ///   - minFree: bytes of disk that uploads leave free.
    ///   - now: microseconds since 1970.
    ///   - freeBytes: tells the free bytes of the disk; nil asks the system.
    /// - Throws: ``StorageError`` when the directory cannot be made.
    package init(
        directory: String, database: any Database, minFree: Int64, now: Int64, logger: Logger,
        freeBytes: (@Sendable () throws -> Int64)? = nil
    ) throws {
        let paths = BlobPaths(root: directory + "/blobs")
        self.paths = paths
        directories = BlobDirectories(root: paths.root)
        self.database = database
        self.minFree = minFree
        self.logger = logger
        openedAt = now
        self.freeBytes = freeBytes ?? { try BlobFiles.freeBytes(paths.root) }
        try directories.make(paths.incoming)
    }

    // MARK: - Put

    /// Begins a new file.
    /// - Parameter expected: bytes that are known to come, 0 if that is unknown.
    /// - Throws: ``StorageError`` `disk_full` when there is no room for them.
    package func receive(expected: Int64 = 0) async throws -> BlobUpload {
        try await queue.run { [self] in
            try requireSpace(expected)
            let path = paths.incoming + "/" + UUID().uuidString
            return BlobUpload(path: path, descriptor: try BlobFiles.createLocked(path), queue: queue, requireSpace: requireSpace)
        }
    }

    /// Gives a complete file its durable place. Refer to it in a transaction with ``use(_:now:on:)`` soon, or give it up
    /// with ``giveUp(_:)``. When this throws nothing is left behind.
    package func place(_ upload: BlobUpload, tenant: String, now: Int64) async throws -> StoredBlob {
        let (sha256, size) = try await discarding(upload) { try await queue.run { try upload.finish() } }
        let blob = StoredBlob(key: BlobKey(tenant: tenant, sha256: sha256), size: size)
        try await discarding(upload) { try await database.write { try BlobRows.hold(blob.key, size: size, now: now, on: $0) } }
        do {
            try await discarding(upload) { try await queue.run { [self] in try move(upload, to: blob.key) } }
        } catch {
            await giveUp(blob)
            throw error
        }
        return blob
    }

    private func move(_ upload: BlobUpload, to key: BlobKey) throws {
        try directories.make(paths.directory(key))
        guard try BlobFiles.move(upload.path, to: paths.file(key)) else {
            throw StorageError(.ioError, "an incoming file has disappeared")
        }
        try DurableFiles.syncDirectory(paths.directory(key))
        upload.closeFile()
    }

    private func discarding<T>(_ upload: BlobUpload, _ step: () async throws -> T) async throws -> T {
        do {
            return try await step()
        } catch {
            await discard(upload)
            throw error
        }
    }

    /// Forgets a file that was not placed. What cannot be removed now is removed by the next start.
    package func discard(_ upload: BlobUpload) async {
        do { try await upload.discard() } catch {
            logger.warning("an incoming file could not be removed", metadata: ["error": "\(error)"])
        }
    }

    /// Turns a placed file into one that the caller's row refers to, in the caller's transaction. Once per ``place(_:tenant:now:)``.
    /// - Returns: false when the file was given up meanwhile: the caller writes nothing and reports a failure.
    package func use(_ blob: StoredBlob, now: Int64, on connection: any Connection) throws -> Bool {
        try BlobRows.use(blob.key, now: now, on: connection)
    }

    /// Says that a placed file was not used after all; a sweep removes it unless somebody else uses it.
    package func giveUp(_ blob: StoredBlob) async {
        do { try await database.write { try BlobRows.unhold(blob.key, on: $0) } } catch {
            logger.warning("a hold on a file could not be ended; it is forgotten later", metadata: ["error": "\(error)"])
        }
    }

    // MARK: - Open, delete

    /// Path of a file that some row refers to. It stays readable for whoever has it open, even when it is removed.
    package func path(of key: BlobKey) -> String { paths.file(key) }

    /// Opens a file; nil when there is none, which of a file that some row refers to is true only if that row has gone meanwhile.
    /// - Throws: ``StorageError`` with what the disk says.
    package func open(_ key: BlobKey) async throws -> BlobReader? {
        try await queue.run { [self] in
            guard let (descriptor, size) = try BlobFiles.open(paths.file(key)) else { return nil }
            return BlobReader(descriptor: descriptor, size: size, queue: queue)
        }
    }

    /// Ends one reference in the caller's transaction. After the last one ``removeMarked()`` removes the file.
    package func release(_ key: BlobKey, on connection: any Connection) throws {
        try BlobRows.release(key, on: connection)
    }

    /// Whether uploads are refused now for lack of disk.
    /// - Parameter expected: bytes that are to come.
    /// - Throws: ``StorageError`` `disk_full`.
    @Sendable private func requireSpace(_ expected: Int64) throws {
        let (needed, overflow) = minFree.addingReportingOverflow(expected)
        guard !overflow, try freeBytes() >= needed else {
            throw StorageError(.diskFull, "less than \(minFree) bytes of disk would be left")
        }
    }
}

/// A file that has its place.
package struct StoredBlob: Sendable {
    /// Which blob.
    package let key: BlobKey
    /// In bytes.
    package let size: Int64
}

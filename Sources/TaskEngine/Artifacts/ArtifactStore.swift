package import Storage

/// Where a process keeps artifacts: rows in the database, bytes in the data directory. One for all attempts.
package final class ArtifactStore: Sendable {
    let database: any Database
    private let blobs: BlobStore
    /// Bytes of the largest artifact.
    let mostBytes: Int64
    /// Artifacts of one workflow run.
    let mostOfRun: Int
    private let clock: EngineClock

    /// - Parameters:
    ///   - mostBytes: of the largest artifact.
    ///   - mostOfRun: artifacts of one workflow run. Default: as many as it may have tasks.
    package init(database: any Database, blobs: BlobStore, mostBytes: Int64, mostOfRun: Int = 100_000, clock: EngineClock = .system) {
        self.database = database
        self.blobs = blobs
        self.mostBytes = mostBytes
        self.mostOfRun = mostOfRun
        self.clock = clock
    }

    /// Begins a new file.
    /// - Throws: ``StorageError``, `disk_full` when there is no room.
    func begin() async throws -> BlobUpload { try await blobs.receive() }

    /// Forgets a file that was begun.
    func discard(_ upload: BlobUpload) async { await blobs.discard(upload) }

    /// Gives a complete file its durable place and then its row, in one transaction with the fence of the attempt.
    ///
    /// Killed before the commit, nothing of it is seen and a sweep removes the file; after it, the artifact is there whatever becomes of
    /// the attempt. A file of the same name that the task stored before stays until then, and is removed when nobody names it.
    func store(
        _ upload: BlobUpload, _ name: String, contentType: String, task: Int64, claim: Int64, worker: Int64, tenant: String
    ) async throws -> (artifact: Artifact, result: StoreArtifact.Result) {
        let blob = try await blobs.place(upload, tenant: tenant, now: clock.now())
        let new = NewArtifact(
            tenant: tenant, task: task, claim: claim, worker: worker, name: name, contentType: contentType, blob: blob,
            createdAt: clock.now())
        let result: StoreArtifact.Result
        do {
            result = try await database.write { [blobs] in try StoreArtifact.store(new, blobs: blobs, on: $0) }
        } catch {
            await blobs.giveUp(blob)
            throw error
        }
        switch result {
        case .stored, .givenUp: break
        case .stale, .taken: await blobs.giveUp(blob)
        }
        return (Artifact(name: name, contentType: contentType, size: blob.size, sha256: blob.key.sha256), result)
    }

    /// Opens what `find` finds; nil when there is nothing. Looks again when the file was replaced between the two.
    package func open<Found: Sendable>(
        _ tenant: String, find: @escaping @Sendable (any Connection) throws -> Found?, sha256: (Found) -> String
    ) async throws -> (found: Found, file: BlobReader)? {
        for _ in 0..<5 {
            guard let found = try await database.read(find) else { return nil }
            if let file = try await blobs.open(BlobKey(tenant: tenant, sha256: sha256(found))) { return (found, file) }
        }
        throw StorageError(.ioError, "a stored file is not there")
    }
}

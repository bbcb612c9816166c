import Foundation
import Storage
import TaskEngine
import TestSupport

/// A database and a data directory of the test's own.
struct ArtifactHarness {
    let database: any Database
    let directory: TemporaryDirectory
    let blobs: BlobStore
    let store: ArtifactStore

    static func with(
        _ kind: DatabaseKind, mostBytes: Int64 = 1 << 30, mostOfRun: Int = 1000, _ body: (ArtifactHarness) async throws -> Void
    ) async throws {
        try await withDatabase(kind) { database in
            try await withTemporaryDirectory { directory in
                let blobs = try BlobStore(directory: directory.path("data"), database: database, minFree: 0, now: 0, logger: .silent)
                let store = ArtifactStore(database: database, blobs: blobs, mostBytes: mostBytes, mostOfRun: mostOfRun)
                try await body(ArtifactHarness(database: database, directory: directory, blobs: blobs, store: store))
            }
        }
    }

    /// Runs one handler to its end on an engine.
    /// - Returns: the task.
    @discardableResult
    func run(
        until state: TaskState = .succeeded, _ handler: @escaping @Sendable (TaskContext) async throws -> Void
    ) async throws -> Int64 {
        var id: Int64 = 0
        let harness = try await EngineHarness(database, artifacts: store) { registry in
            registry.register(name: "test.files") { _, context in
                try await handler(context)
                return nil
            }
        }
        try await harness.run { engine in
            id = try await engine.submit(.init(type: "test.files"))
            try await engine.wait(for: id, state)
        }
        return id
    }

    /// Puts a file in place and records it, as the attempt does.
    func write(_ name: String, _ text: String, _ task: ClaimedTask) async throws -> StoreArtifact.Result {
        let upload = try await blobs.receive()
        try await upload.write(Array(text.utf8))
        let blob = try await blobs.place(upload, tenant: task.tenant, now: 10)
        let new = NewArtifact(
            tenant: task.tenant, task: task.id, claim: task.claim, worker: task.worker, name: name, contentType: "text/plain", blob: blob,
            createdAt: 10)
        let result = try await database.write { [blobs] in try StoreArtifact.store(new, blobs: blobs, on: $0) }
        if result != .stored { await blobs.giveUp(blob) }
        return result
    }

    /// Files of stored bytes, and files on their way in.
    func files() throws -> (stored: Int, incoming: Int) {
        let names = try FileManager.default.subpathsOfDirectory(atPath: directory.path("data/blobs"))
        return (
            names.filter { $0.utf8.count > 64 && !$0.hasPrefix("incoming/") }.count, names.filter { $0.hasPrefix("incoming/") }.count
        )
    }

    /// `name=references` of all stored files, in the order of the sizes.
    func references() async throws -> [Int64] {
        try await database.read { try $0.rows("SELECT refs FROM blobs WHERE state = 'live' ORDER BY size") { $0.int(0) } }
    }
}

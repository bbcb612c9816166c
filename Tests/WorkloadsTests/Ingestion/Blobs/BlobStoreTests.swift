import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("Stored files", .timeLimit(.minutes(5)))
struct BlobStoreTests {
    private static let hour: Int64 = 3_600_000_000
    private static let bytes = Array("hello".utf8)
    private static let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

    private func withStore(
        _ kind: DatabaseKind, _ body: (BlobStore, any Database, TemporaryDirectory) async throws -> Void
    ) async throws {
        try await withDatabase(kind) { database in
            try await withTemporaryDirectory { directory in
                let store = try BlobStore(directory: directory.path("data"), database: database, minFree: 0, now: 0, logger: .silent)
                try await body(store, database, directory)
            }
        }
    }

    private func put(_ store: BlobStore, _ bytes: [UInt8] = bytes, tenant: String = "t", now: Int64 = 0) async throws -> StoredBlob {
        let upload = try await store.receive()
        for byte in bytes { try await upload.write([byte]) }
        return try await store.place(upload, tenant: tenant, now: now)
    }

    private func use(_ blob: StoredBlob, _ store: BlobStore, _ database: any Database, now: Int64 = 0) async throws -> Bool {
        try await database.write { try store.use(blob, now: now, on: $0) }
    }

    private func files(_ directory: TemporaryDirectory) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory.path("data/blobs")).filter { $0.utf8.count > 40 }
    }

    @Test("a file gets its place by tenant and hash", arguments: DatabaseKind.available)
    func places(kind: DatabaseKind) async throws {
        try await withStore(kind) { store, database, directory in
            let blob = try await put(store)
            #expect(blob.key == BlobKey(tenant: "t", sha256: Self.sha256))
            #expect(blob.size == 5)
            #expect(try Data(contentsOf: URL(fileURLWithPath: store.path(of: blob.key))) == Data(Self.bytes))
            #expect(try files(directory) == ["t/2c/\(Self.sha256)"])
            #expect(try await use(blob, store, database))
        }
    }

    @Test(
        "no tenant's name leads out of the directory, hides, or meets another's",
        arguments: [
            ("a-B_9", "a-B_9"), ("..", "%2E%2E"), ("a/b", "a%2Fb"), ("", ""), ("incoming", "%69ncoming"), ("ü", "%C3%BC"), ("%41", "%2541"),
        ])
    func tenants(_ tenant: String, _ directoryName: String) async throws {
        try await withStore(.sqlite) { store, database, directory in
            guard !tenant.isEmpty else { return }
            let blob = try await put(store, tenant: tenant)
            #expect(store.path(of: blob.key) == directory.path("data/blobs/\(directoryName)/2c/\(Self.sha256)"))
            #expect(try await use(blob, store, database))
            try await store.sweep(.start, now: 2 * Self.hour)
            #expect(try files(directory).count == 1)
        }
    }

    @Test("a discarded file leaves nothing")
    func discards() async throws {
        try await withStore(.sqlite) { store, _, directory in
            let upload = try await store.receive()
            try await upload.write(Self.bytes)
            await store.discard(upload)
            #expect(try files(directory).isEmpty)
        }
    }

    @Test("a disk that fills up while a long file comes ends it after 16 MiB at most")
    func looksAgain() async throws {
        try await withDatabase(.sqlite) { database in
            try await withTemporaryDirectory { directory in
                let free = Mutex<Int64>(1 << 40)
                let store = try BlobStore(
                    directory: directory.path("data"), database: database, minFree: 1000, now: 0, logger: .silent,
                    freeBytes: { free.withLock { $0 } })
                let upload = try await store.receive()
                try await upload.write([UInt8(0)])
                free.withLock { $0 = 999 }
                try await upload.write([UInt8](repeating: 0, count: (16 << 20) - 2))
                try await upload.write([UInt8(0)])
                let error = await #expect(throws: StorageError.self) { try await upload.write([UInt8(0)]) }
                #expect(error?.code == .diskFull)
                free.withLock { $0 = 1000 }
                try await upload.write([UInt8(0)])
                #expect(upload.size == (16 << 20) + 1)
                await store.discard(upload)
            }
        }
    }

    @Test("a sweep removes incoming files of the dead and not those of the living", arguments: DatabaseKind.available)
    func sweepsIncoming(kind: DatabaseKind) async throws {
        try await withStore(kind) { store, database, directory in
            let living = try await store.receive()
            try await living.write(Self.bytes)
            // What a killed process leaves: the same file, and nobody who has it locked.
            _ = try directory.write("data/blobs/incoming/7C9E6679-7425-40DE-944B-E07FC1F90AE7", "half")
            try await store.sweep(.start, now: 0)
            #expect(try files(directory).count == 1)
            let blob = try await store.place(living, tenant: "t", now: 0)
            #expect(try await use(blob, store, database))
        }
    }

    @Test("a sweep removes files that no row names, and leaves what is not ours", arguments: DatabaseKind.available)
    func sweepsUnnamed(kind: DatabaseKind) async throws {
        try await withStore(kind) { store, database, directory in
            let kept = try await put(store)
            #expect(try await use(kept, store, database))
            let stray = directory.path("data/blobs/t/ab")
            try FileManager.default.createDirectory(atPath: stray, withIntermediateDirectories: true)
            let name = "ab" + String(repeating: "0", count: 62)
            _ = try directory.write("data/blobs/t/ab/\(name)", "stray")
            _ = try directory.write("data/blobs/t/ab/README-\(name)", "not ours")
            try await store.sweep(.routine, now: 0)
            #expect(try files(directory).sorted() == ["t/2c/\(Self.sha256)", "t/ab/README-\(name)"])
            #expect(try await database.count("SELECT COUNT(*) FROM blobs") == 1)
        }
    }

    @Test("a placed file that is not used stays for an hour, and is gone after it", arguments: DatabaseKind.available)
    func forgetsHolds(kind: DatabaseKind) async throws {
        try await withStore(kind) { store, database, directory in
            let blob = try await put(store, now: 1)
            try await store.sweep(.routine, now: Self.hour)
            #expect(try files(directory).count == 1)
            try await store.sweep(.routine, now: Self.hour + 2)
            #expect(try files(directory).isEmpty)
            #expect(try await !use(blob, store, database), "a forgotten hold must not become a reference to a missing file")
        }
    }

    @Test("at the start of the only process, holds from before it are forgotten at once")
    func forgetsHoldsAtStart() async throws {
        try await withDatabase(.sqlite) { database in
            try await withTemporaryDirectory { directory in
                let former = try BlobStore(directory: directory.path("data"), database: database, minFree: 0, now: 0, logger: .silent)
                _ = try await put(former, now: 5)
                let store = try BlobStore(directory: directory.path("data"), database: database, minFree: 0, now: 10, logger: .silent)
                let other = try await put(store, [1], now: 11)
                try await store.sweep(.start, now: 12)
                #expect(try files(directory).count == 1)
                #expect(try await use(other, store, database))
            }
        }
    }

    @Test("the last release removes the file, another reference keeps it", arguments: DatabaseKind.available)
    func releases(kind: DatabaseKind) async throws {
        try await withStore(kind) { store, database, directory in
            let first = try await put(store)
            #expect(try await use(first, store, database))
            let second = try await put(store)
            #expect(try await use(second, store, database))
            try await database.write { try store.release(first.key, on: $0) }
            try await store.removeMarked()
            #expect(try files(directory).count == 1)
            try await database.write { try store.release(first.key, on: $0) }
            try await store.removeMarked()
            #expect(try files(directory).isEmpty)
            #expect(try await database.count("SELECT COUNT(*) FROM blobs") == 0)
        }
    }

    @Test("a file that was about to be removed and is put again lives", arguments: DatabaseKind.available)
    func revives(kind: DatabaseKind) async throws {
        try await withStore(kind) { store, database, directory in
            let first = try await put(store)
            #expect(try await use(first, store, database))
            try await database.write { try store.release(first.key, on: $0) }
            let again = try await put(store)
            try await store.removeMarked()
            #expect(try files(directory).count == 1)
            #expect(try await use(again, store, database))
            try await store.sweep(.routine, now: 2 * Self.hour)
            #expect(try files(directory).count == 1)
        }
    }

    @Test("puts and removals of the same bytes at once never leave a reference without its file", arguments: DatabaseKind.available)
    func races(kind: DatabaseKind) async throws {
        try await withStore(kind) { store, database, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<25 {
                            let blob = try await put(store)
                            #expect(try await use(blob, store, database))
                            #expect(FileManager.default.fileExists(atPath: store.path(of: blob.key)))
                            try await database.write { try store.release(blob.key, on: $0) }
                            try await store.removeMarked()
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.count("SELECT COUNT(*) FROM blobs") == 0)
        }
    }
}

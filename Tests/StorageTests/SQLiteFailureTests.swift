import Foundation
import Storage
import TestSupport
import Testing

/// Files that are no database, or cannot be used: each is one clear error that names the file, never a crash.
@Suite("Unusable SQLite files", .timeLimit(.minutes(5)))
struct SQLiteFailureTests {
    private func openingError(_ place: DatabasePlace) async -> StorageError? {
        await #expect(throws: StorageError.self) { try await place.open() }
    }

    /// A migrated file with 2,000 tasks in it, closed.
    private func fill(_ place: DatabasePlace) async throws {
        let database = try await place.open()
        try await place.migrate(database)
        try await database.insertQueue()
        _ = try await database.submit((0..<2000).map { .sample(input: #"{"n":\#($0)}"#) })
        database.close()
    }

    @Test("a text file is refused", arguments: ["hi", "hello\n", String(repeating: "line of text\n", count: 1000)])
    func textFile(_ text: String) async throws {
        try await withDatabasePlace(.sqlite) { place in
            try place.directory.write("millrace.db", text)
            let error = await openingError(place)
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains(place.url) == true)
            // It is somebody's file: it stays as it was.
            #expect(try String(contentsOfFile: place.url, encoding: .utf8) == text)
        }
    }

    @Test("an empty file is a new database")
    func emptyFile() async throws {
        try await withDatabasePlace(.sqlite) { place in
            try place.directory.write("millrace.db", "")
            let database = try await place.open()
            defer { database.close() }
            try await place.migrate(database)
        }
    }

    @Test("a database of another application is refused")
    func foreignApplication() async throws {
        try await withDatabasePlace(.sqlite) { place in
            let database = try await place.open()
            try await database.write { try $0.executeScript("PRAGMA application_id = 1234; CREATE TABLE theirs (x)") }
            database.close()
            let error = await openingError(place)
            #expect(error?.code == .configuration)
            #expect(error?.message.contains("1234") == true)
        }
    }

    @Test("a damaged header is refused")
    func damagedHeader() async throws {
        try await withDatabasePlace(.sqlite) { place in
            try await fill(place)
            try overwrite(place.url, at: 0, count: 64)
            #expect(await openingError(place)?.code == .corrupt)
        }
    }

    @Test("damaged pages are an error of whoever reads them, and the process goes on")
    func damagedPages() async throws {
        try await withDatabasePlace(.sqlite) { place in
            try await fill(place)
            // The schema is on the first pages and can still be read.
            try overwrite(place.url, at: 450_000, count: nil)
            let database = try await place.open()
            defer { database.close() }
            let read = await #expect(throws: StorageError.self) {
                try await database.read { try $0.rows("SELECT COUNT(*), MAX(created_at), MAX(type) FROM tasks") { $0.int(0) } }
            }
            #expect(read?.code == .corrupt)
            let write = await #expect(throws: StorageError.self) { try await database.submit(.sample()) }
            #expect(write?.code == .corrupt)
            let sum = try await database.read { try $0.row("SELECT 1 + 1") { $0.int(0) } }
            #expect(sum == 2)
        }
    }

    @Test("a truncated file is an error, not a crash")
    func truncated() async throws {
        try await withDatabasePlace(.sqlite) { place in
            try await fill(place)
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: place.url))
            try handle.truncate(atOffset: 20_000)
            try handle.close()
            do {
                let database = try await place.open()
                defer { database.close() }
                let error = await #expect(throws: StorageError.self) {
                    try await database.count("SELECT COUNT(*) FROM tasks WHERE type <> ''")
                }
                #expect(error?.code == .corrupt)
            } catch let error as StorageError {
                #expect(error.code == .corrupt)
            }
        }
    }

    @Test("a directory in the file's place is refused")
    func directoryInPlace() async throws {
        try await withDatabasePlace(.sqlite) { place in
            try FileManager.default.createDirectory(atPath: place.url, withIntermediateDirectories: false)
            let error = await openingError(place)
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains(place.url) == true)
        }
    }

    @Test("a directory that cannot be made is named")
    func impossibleDirectory() async throws {
        try await withTemporaryDirectory { directory in
            try directory.write("file", "")
            let error = #expect(throws: StorageError.self) {
                try SQLiteDatabase.open(path: directory.path("file") + "/below/millrace.db", logger: .silent)
            }
            #expect(error?.code == .readOnly)
            #expect(error?.message.contains(directory.path("file") + "/below") == true)
        }
    }

    @Test("missing directories are made")
    func makesDirectories() async throws {
        try await withTemporaryDirectory { directory in
            let database = try SQLiteDatabase.open(path: directory.path("a/b/millrace.db"), logger: .silent)
            database.close()
            #expect(FileManager.default.fileExists(atPath: directory.path("a/b/millrace.db")))
        }
    }

    @Test("a file without write permission is refused", .enabled(if: geteuid() != 0, "permissions do not bind root"))
    func readOnlyFile() async throws {
        try await withDatabasePlace(.sqlite) { place in
            try await fill(place)
            try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: place.url)
            let error = await openingError(place)
            #expect(error?.code == .readOnly)
            #expect(error?.message.contains(place.url) == true)
        }
    }

    @Test("a write that is refused as read-only reaches its caller, and reading goes on")
    func becomesReadOnly() async throws {
        try await withDatabase(.sqlite) { database in
            try await database.insertQueue()
            try await database.write { try $0.executeScript("PRAGMA query_only = 1") }
            for _ in 0..<2 {
                let error = await #expect(throws: StorageError.self) { try await database.submit(.sample()) }
                #expect(error?.code == .readOnly)
            }
            let queues = try await database.count("SELECT COUNT(*) FROM queues")
            #expect(queues == 1)
        }
    }

    @Test("closing folds the WAL into the file, so that a copy of the file is the whole database")
    func closeFoldsTheLog() async throws {
        try await withDatabasePlace(.sqlite) { place in
            try await fill(place)
            #expect(!FileManager.default.fileExists(atPath: place.url + "-wal"))
            try FileManager.default.copyItem(atPath: place.url, toPath: place.directory.path("copy.db"))
            let copy = try SQLiteDatabase.open(path: place.directory.path("copy.db"), logger: .silent)
            defer { copy.close() }
            let tasks = try await copy.count("SELECT COUNT(*) FROM tasks")
            #expect(tasks == 2000)
        }
    }

    @Test("a writer that another program keeps waiting gives up with `busy`, and works again afterwards")
    func busy() async throws {
        try await withDatabasePlace(.sqlite) { place in
            let database = try await place.open()
            let other = try await place.open()
            defer {
                database.close()
                other.close()
            }
            try await place.migrate(database)
            let entered = TestSignal<Void>()
            let gate = TestGate()
            async let held: Void = other.write { connection in
                entered.send()
                try gate.pass()
            }
            try await entered.wait()
            let error = await #expect(throws: StorageError.self) { try await database.insertQueue() }
            #expect(error?.code == .busy)
            gate.open()
            try await held
            try await database.insertQueue()
        }
    }

    /// Overwrites `count` bytes (nil: to the end) with a pattern that no page begins with.
    private func overwrite(_ path: String, at offset: UInt64, count: Int?) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let size = try handle.seekToEnd()
        guard size > offset else { throw FixtureError("the file has only \(size) bytes") }
        try handle.seek(toOffset: offset)
        try handle.write(contentsOf: Data(repeating: 0xA5, count: count ?? Int(size - offset)))
        try handle.close()
    }
}

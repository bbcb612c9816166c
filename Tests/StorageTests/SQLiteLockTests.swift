import Foundation
import Storage
import TestSupport
import Testing

@Suite("Lock of an SQLite file", .timeLimit(.minutes(5)))
struct SQLiteLockTests {
    private let first = SQLiteOwner(url: "http://127.0.0.1:7070", pid: 4711)
    private let second = SQLiteOwner(url: "http://127.0.0.1:7071", pid: 4712)

    @Test("a second owner is refused with the first one's url and pid")
    func secondOwner() async throws {
        try await withDatabasePlace(.sqlite) { place in
            let database = try await place.open(owner: first)
            defer { database.close() }
            let refusal = await #expect(throws: StorageError.self) { try await place.open(owner: second) }
            #expect(refusal?.code == .locked)
            #expect(refusal?.message.contains("http://127.0.0.1:7070") == true)
            #expect(refusal?.message.contains("4711") == true)
        }
    }

    @Test("a refused owner leaves the first one's lock as it was")
    func refusalChangesNothing() async throws {
        try await withDatabasePlace(.sqlite) { place in
            let database = try await place.open(owner: first)
            defer { database.close() }
            for _ in 0..<3 {
                let refusal = await #expect(throws: StorageError.self) { try await place.open(owner: second) }
                #expect(refusal?.message.contains("4711") == true)
            }
            try await place.migrate(database)
        }
    }

    @Test("closing gives the lock to the next owner")
    func released() async throws {
        try await withDatabasePlace(.sqlite) { place in
            try await place.open(owner: first).close()
            let database = try await place.open(owner: second)
            defer { database.close() }
            let text = try String(contentsOfFile: place.url + ".lock", encoding: .utf8)
            #expect(text == "url=http://127.0.0.1:7071\npid=4712\n")
        }
    }

    @Test("a database may be opened beside its owner, which keeps the lock")
    func besideOwner() async throws {
        try await withDatabasePlace(.sqlite) { place in
            let owner = try await place.open(owner: first)
            defer { owner.close() }
            try await place.migrate(owner)
            try await owner.insertQueue("q")
            let beside = try await place.open()
            #expect(try await beside.count("SELECT COUNT(*) FROM queues") == 1)
            beside.close()
            let refusal = await #expect(throws: StorageError.self) { try await place.open(owner: second) }
            #expect(refusal?.code == .locked)
        }
    }

    @Test("an opening that failed holds no lock")
    func failedOpening() async throws {
        try await withDatabasePlace(.sqlite) { place in
            try place.directory.write("millrace.db", String(repeating: "no database ", count: 100))
            let failure = await #expect(throws: StorageError.self) { try await place.open(owner: first) }
            #expect(failure?.code == .corrupt)
            try FileManager.default.removeItem(atPath: place.url)
            try await place.open(owner: second).close()
        }
    }

    @Test("a lock file that cannot be opened is said so")
    func unusableLockFile() async throws {
        try await withDatabasePlace(.sqlite) { place in
            try FileManager.default.createDirectory(atPath: place.url + ".lock", withIntermediateDirectories: false)
            let failure = await #expect(throws: StorageError.self) { try await place.open(owner: first) }
            #expect(failure?.code == .readOnly)
            #expect(failure?.message.contains("millrace.db.lock") == true)
        }
    }
}

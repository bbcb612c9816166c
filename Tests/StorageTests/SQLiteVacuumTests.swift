import Foundation
import Storage
import TestSupport
import Testing

@Suite("Giving free space back", .timeLimit(.minutes(5)))
struct SQLiteVacuumTests {
    private func fill(_ database: any Database) async throws {
        try await database.write { connection in
            try connection.execute("CREATE TABLE filling (id INTEGER PRIMARY KEY, body TEXT)")
            for _ in 0..<500 { try connection.execute("INSERT INTO filling (body) VALUES (\(String(repeating: "x", count: 4000)))") }
        }
    }

    private func pages(_ database: any Database) async throws -> (free: Int, all: Int) {
        (try await database.count("PRAGMA freelist_count"), try await database.count("PRAGMA page_count"))
    }

    @Test("a file that is mostly empty shrinks to what is left alone, and loses nothing")
    func shrink() async throws {
        try await withDatabase(.sqlite) { database in
            let sqlite = try #require(database as? SQLiteDatabase)
            try await fill(database)
            _ = try await database.write { try $0.execute("DELETE FROM filling WHERE id % 10 <> 0") }
            let before = try await pages(database)
            #expect(before.free > 300)
            let given = try await sqlite.giveBackFreeSpace(leftAlone: 100)
            let after = try await pages(database)
            #expect(given >= Int64(before.free - 100))
            #expect(after.free <= 100 && after.free > 30)
            #expect(after.all <= before.all - (before.free - after.free) + 1)
            #expect(try await database.count("SELECT COUNT(*) FROM filling WHERE length(body) = 4000") == 50)
        }
    }

    @Test("a little free space is left for the next rows")
    func leftAlone() async throws {
        try await withDatabase(.sqlite) { database in
            let sqlite = try #require(database as? SQLiteDatabase)
            try await fill(database)
            _ = try await database.write { try $0.execute("DELETE FROM filling WHERE id <= 50") }
            let before = try await pages(database)
            #expect(before.free > 20)
            #expect(try await sqlite.giveBackFreeSpace(leftAlone: 10) == 0)
            #expect(try await pages(database) == before)
        }
    }
}

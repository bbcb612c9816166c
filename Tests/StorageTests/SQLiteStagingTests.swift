import Foundation
import Storage
import TestSupport
import Testing

@Suite("Writes that need not wait for the disk", .timeLimit(.minutes(5)))
struct SQLiteStagingTests {
    private func level(_ database: any Database, _ lane: WriteLane) async throws -> Int64? {
        try await database.write(lane) { connection in try connection.row("PRAGMA synchronous") { $0.int(0) } }
    }

    @Test("only they are less durable: every other write after one waits for the disk again")
    func levels() async throws {
        try await withDatabase(.sqlite) { database in
            var levels: [Int64?] = []
            for lane in [WriteLane.staging, .engine, .staging, .bulk] { levels.append(try await level(database, lane)) }
            #expect(levels == [1, 2, 1, 2])
        }
    }

    private struct Refusal: Error {}

    @Test("one that fails leaves the next as durable as ever")
    func failure() async throws {
        try await withDatabase(.sqlite) { database in
            await #expect(throws: Refusal.self) { try await database.write(.staging) { _ in throw Refusal() } }
            let after = try await level(database, .engine)
            #expect(after == 2)
        }
    }

    @Test("under them alone, one after another, the log is begun anew at its length and loses nothing")
    func logLength() async throws {
        try await withDatabase(.sqlite) { database in
            let sqlite = try #require(database as? SQLiteDatabase)
            let service = Task { await sqlite.runCheckpoints() }
            try await database.write { try $0.executeScript("CREATE TABLE filling (id INTEGER PRIMARY KEY, body TEXT)") }
            let body = String(repeating: "x", count: 400_000)
            // Three times the length at which it is to be begun anew.
            let count = 3 * CheckpointPlan.foldPages * 4096 / 400_000
            for _ in 0..<count { try await database.write(.staging) { _ = try $0.execute("INSERT INTO filling (body) VALUES (\(body))") } }
            service.cancel()
            await service.value
            let wal = try FileManager.default.attributesOfItem(atPath: sqlite.path + "-wal")[.size] as? Int ?? 0
            #expect(wal < 2 * CheckpointPlan.foldPages * 4096)
            #expect(try await database.count("SELECT COUNT(*) FROM filling WHERE length(body) = 400000") == count)
        }
    }
}

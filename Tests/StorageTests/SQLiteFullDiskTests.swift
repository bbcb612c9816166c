import Storage
import TestSupport
import Testing

/// `max_page_count` on the writer's connection makes SQLite report SQLITE_FULL as a full disk does.
@Suite("Full disk on SQLite", .timeLimit(.minutes(5)))
struct SQLiteFullDiskTests {
    private func withScratch(_ body: (any Database) async throws -> Void) async throws {
        try await withDatabase(.sqlite) { database in
            try await database.write { try $0.executeScript("CREATE TABLE scratch (id BIGINT NOT NULL PRIMARY KEY, txt TEXT NOT NULL)") }
            try await body(database)
        }
    }

    /// Leaves room for `pages` more pages.
    private func limit(_ database: any Database, pages: Int64) async throws {
        try await database.write { connection in
            let count = try connection.row("PRAGMA page_count") { $0.int(0) } ?? 0
            try connection.executeScript("PRAGMA max_page_count = \(count + pages)")
        }
    }

    private func lift(_ database: any Database) async throws {
        try await database.write { try $0.executeScript("PRAGMA max_page_count = 1073741823") }
    }

    private func insert(_ id: Int, bytes: Int, _ connection: any Connection) throws {
        try connection.execute("INSERT INTO scratch (id, txt) VALUES (\(id), \(String(repeating: "x", count: bytes)))")
    }

    @Test("the error reaches the caller, nothing is written, and the database works again when there is room")
    func reported() async throws {
        try await withScratch { database in
            try await limit(database, pages: 4)
            for _ in 0..<3 {
                let error = await #expect(throws: StorageError.self) { try await database.write { try insert(1, bytes: 1 << 20, $0) } }
                #expect(error?.code == .diskFull)
            }
            #expect(try await database.count("SELECT COUNT(*) FROM scratch") == 0)
            try await database.write { try insert(2, bytes: 10, $0) }
            try await lift(database)
            try await database.write { try insert(1, bytes: 1 << 20, $0) }
            #expect(try await database.count("SELECT COUNT(*) FROM scratch") == 2)
        }
    }

    @Test("the other closures of the group get their own result")
    func groupIsSpared() async throws {
        try await withScratch { database in
            try await limit(database, pages: 8)
            let entered = TestSignal<Void>()
            let gate = TestGate()
            let executor = SerialTaskExecutor()
            let codes = try await withTaskExecutorPreference(executor) {
                async let blocker: Void = database.write { _ in
                    entered.send()
                    try gate.pass()
                }
                try await entered.wait()
                let writes = (0..<10).map { id in
                    Task(executorPreference: executor) {
                        try await database.write { try insert(id, bytes: id == 3 || id == 6 ? 1 << 20 : 10, $0) }
                    }
                }
                await Task.yield()
                gate.open()
                try await blocker
                var codes: [StorageError.Code?] = []
                for write in writes {
                    if case .failure(let error as StorageError) = await write.result { codes.append(error.code) } else { codes.append(nil) }
                }
                return codes
            }
            #expect(codes == [nil, nil, nil, .diskFull, nil, nil, .diskFull, nil, nil, nil])
            #expect(
                try await database.read { try $0.rows("SELECT id FROM scratch ORDER BY id") { $0.int(0) } } == [0, 1, 2, 4, 5, 7, 8, 9])
        }
    }

    @Test("a closure that swallows the error cannot go on outside of the transaction")
    func swallowed() async throws {
        try await withScratch { database in
            try await limit(database, pages: 4)
            await #expect(throws: StorageError.self) {
                try await database.write { connection in
                    try insert(1, bytes: 10, connection)
                    #expect(throws: StorageError.self) { try insert(2, bytes: 1 << 20, connection) }
                    // SQLite has ended the transaction: without it this row would be committed by itself.
                    try insert(3, bytes: 10, connection)
                }
            }
            let left = try await database.count("SELECT COUNT(*) FROM scratch")
            #expect(left == 0)
        }
    }

    @Test("a submit on a full disk is refused as a whole")
    func submit() async throws {
        try await withDatabase(.sqlite) { database in
            try await database.insertQueue()
            try await limit(database, pages: 20)
            let error = await #expect(throws: StorageError.self) {
                try await database.submit((0..<5000).map { _ in .sample(input: #"{"a":1}"#) })
            }
            #expect(error?.code == .diskFull)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 0)
            #expect(try await database.count("SELECT COUNT(*) FROM task_payloads") == 0)
            try await lift(database)
            _ = try await database.submit(.sample())
        }
    }
}

import Foundation
import Storage
import TestSupport
import Testing

@Suite("Migrations", .timeLimit(.minutes(5)))
struct MigratorTests {
    /// Both kinds need the tables that drivers themselves use, so every folder begins with the product's first migration.
    private func withFolder(_ kind: DatabaseKind, _ body: (DatabasePlace, TemporaryDirectory) async throws -> Void) async throws {
        try await withDatabasePlace(kind) { place in
            try await withTemporaryDirectory { folder in
                for name in ["0001_storage.sqlite.sql", "0001_storage.postgres.sql"] {
                    try folder.write(name, try RepositoryFiles.text("migrations/" + name))
                }
                try await body(place, folder)
            }
        }
    }

    private func migrate(_ database: any Database, _ folder: TemporaryDirectory, now: Int64 = 7) async throws -> [String] {
        try await Migrator(database: database, directory: folder.url.path, logger: .silent).migrate(now: now)
    }

    private func refusal(_ database: any Database, _ folder: TemporaryDirectory) async -> StorageError? {
        await #expect(throws: StorageError.self) { try await migrate(database, folder) }
    }

    @Test("files are applied in order, and a second time nothing happens", arguments: DatabaseKind.available)
    func appliedInOrder(_ kind: DatabaseKind) async throws {
        try await withFolder(kind) { place, folder in
            try folder.write("0003_c.sql", "-- oldest binary: 1\nINSERT INTO letters (id, letter) VALUES (2, 'c');")
            try folder.write(
                "0002_b.sql",
                """
                -- oldest binary: 1
                CREATE TABLE letters (id @ID NOT NULL PRIMARY KEY, letter @KEY NOT NULL);
                INSERT INTO letters (id, letter) VALUES (1, 'b');
                """)
            try folder.write("README.md", "no migration")
            let database = try await place.open()
            defer { database.close() }
            let first = try await migrate(database, folder)
            #expect(first == ["0001_storage.\(kind.rawValue).sql", "0002_b.sql", "0003_c.sql"])
            #expect(try await migrate(database, folder) == [])
            let letters = try await database.read { try $0.rows("SELECT letter FROM letters ORDER BY id") { $0.text(0) } }
            #expect(letters == ["b", "c"])
            let rows = try await database.read { connection in
                try connection.rows("SELECT number, name, oldest_binary, applied_at FROM schema_migrations ORDER BY number") {
                    "\($0.int(0)) \($0.text(1)) \($0.int(2)) \($0.int(3))"
                }
            }
            #expect(rows == ["1 0001_storage.\(kind.rawValue).sql 1 7", "2 0002_b.sql 1 7", "3 0003_c.sql 1 7"])
        }
    }

    @Test("a new file is applied to a database that has the older ones", arguments: DatabaseKind.available)
    func laterFile(_ kind: DatabaseKind) async throws {
        try await withFolder(kind) { place, folder in
            let database = try await place.open()
            defer { database.close() }
            _ = try await migrate(database, folder)
            try folder.write("0002_late.sql", "-- oldest binary: 1\nCREATE TABLE late (id BIGINT);")
            #expect(try await migrate(database, folder) == ["0002_late.sql"])
            #expect(try await database.count("SELECT COUNT(*) FROM late") == 0)
        }
    }

    @Test("a file for one database is passed over on the other", arguments: DatabaseKind.available)
    func dialectFiles(_ kind: DatabaseKind) async throws {
        try await withFolder(kind) { place, folder in
            try folder.write("0002_own.sqlite.sql", "-- oldest binary: 1\nCREATE TABLE own_sqlite (id BIGINT);")
            try folder.write("0002_own.postgres.sql", "-- oldest binary: 1\nCREATE TABLE own_postgres (id BIGINT);")
            let database = try await place.open()
            defer { database.close() }
            #expect(try await migrate(database, folder).last == "0002_own.\(kind.rawValue).sql")
            let (own, other): (SQL, SQL) = kind == .sqlite ? ("own_sqlite", "own_postgres") : ("own_postgres", "own_sqlite")
            #expect(try await database.count("SELECT COUNT(*) FROM \(fragment: own)") == 0)
            await #expect(throws: StorageError.self) { try await database.count("SELECT COUNT(*) FROM \(fragment: other)") }
        }
    }

    @Test("a file that was changed after it had been applied is refused by name", arguments: DatabaseKind.available)
    func changedFile(_ kind: DatabaseKind) async throws {
        try await withFolder(kind) { place, folder in
            try folder.write("0002_a.sql", "-- oldest binary: 1\nCREATE TABLE a (id BIGINT);")
            let database = try await place.open()
            defer { database.close() }
            _ = try await migrate(database, folder)
            try folder.write("0002_a.sql", "-- oldest binary: 1\nCREATE TABLE a (id BIGINT); ")
            let error = await refusal(database, folder)
            #expect(error?.code == .schema)
            #expect(error?.message.contains("0002_a.sql") == true)
        }
    }

    @Test("a missing number is refused", arguments: DatabaseKind.available)
    func missingNumber(_ kind: DatabaseKind) async throws {
        try await withFolder(kind) { place, folder in
            try folder.write("0003_c.sql", "-- oldest binary: 1\nSELECT 1;")
            let database = try await place.open()
            defer { database.close() }
            let error = await refusal(database, folder)
            #expect(error?.code == .schema)
            #expect(error?.message.contains("migration 2") == true)
        }
    }

    @Test("a number that is there twice is refused")
    func doubleNumber() async throws {
        try await withFolder(.sqlite) { place, folder in
            try folder.write("0002_a.sql", "-- oldest binary: 1\nSELECT 1;")
            try folder.write("0002_b.sql", "-- oldest binary: 1\nSELECT 1;")
            let database = try await place.open()
            defer { database.close() }
            #expect(await refusal(database, folder)?.code == .schema)
        }
    }

    @Test("a file that does not state its oldest binary, or has no number, is refused", arguments: ["0002_a.sql", "second.sql"])
    func malformedFile(_ name: String) async throws {
        try await withFolder(.sqlite) { place, folder in
            try folder.write(name, "CREATE TABLE a (id BIGINT);")
            let database = try await place.open()
            defer { database.close() }
            let error = await refusal(database, folder)
            #expect(error?.code == .schema)
            #expect(error?.message.contains(name) == true)
        }
    }

    @Test("a folder that is not there is named")
    func missingFolder() async throws {
        try await withDatabase(.sqlite, migrated: false) { database in
            let error = await #expect(throws: StorageError.self) {
                try await Migrator(database: database, directory: "/nowhere/migrations", logger: .silent).migrate(now: 0)
            }
            #expect(error?.code == .schema)
            #expect(error?.message.contains("/nowhere/migrations") == true)
        }
    }

    @Test("a migration that fails leaves nothing of itself, and what came before it stays", arguments: DatabaseKind.available)
    func failingFile(_ kind: DatabaseKind) async throws {
        try await withFolder(kind) { place, folder in
            try folder.write("0002_a.sql", "-- oldest binary: 1\nCREATE TABLE a (id BIGINT);")
            try folder.write("0003_b.sql", "-- oldest binary: 1\nCREATE TABLE b (id BIGINT); INSERT INTO nowhere VALUES (1);")
            let database = try await place.open()
            defer { database.close() }
            _ = await refusal(database, folder)
            #expect(try await database.count("SELECT MAX(number) FROM schema_migrations") == 2)
            try folder.write("0003_b.sql", "-- oldest binary: 1\nCREATE TABLE b (id BIGINT);")
            #expect(try await migrate(database, folder) == ["0003_b.sql"])
        }
    }

    @Test("a database that needs a newer binary is refused, at start and while running", arguments: DatabaseKind.available)
    func newerDatabase(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let migrator = Migrator(database: database, directory: RepositoryFiles.migrations, logger: .silent)
            try await migrator.requireCompatible()
            #expect(try await migrator.isCurrent())
            let next = Migrator.binaryNumber + 1
            try await database.write { connection in
                _ = try connection.execute(
                    """
                    INSERT INTO schema_migrations (number, name, checksum, oldest_binary, applied_at)
                    VALUES (\(next), \("new.sql"), \("0"), \(Migrator.binaryNumber), \(Int64(0)))
                    """)
            }
            // A newer migration that this binary can live with.
            try await migrator.requireCompatible()
            #expect(try await migrator.isCurrent())
            try await database.write { _ = try $0.execute("UPDATE schema_migrations SET oldest_binary = \(next) WHERE number = \(next)") }
            for attempt in [migrator.requireCompatible, { _ = try await migrator.migrate(now: 0) }] {
                let error = await #expect(throws: StorageError.self) { try await attempt() }
                #expect(error?.code == .schema)
                #expect(error?.message.contains("\(next)") == true)
            }
        }
    }

    @Test("several processes may migrate at once: each file is applied once", arguments: DatabaseKind.available)
    func severalAtOnce(_ kind: DatabaseKind) async throws {
        try await withDatabasePlace(kind) { place in
            // Creating the file itself is the first opener's; processes of one SQLite file are kept apart by its lock.
            var databases = [try await place.open(poolSize: 2)]
            for _ in 0..<3 { databases.append(try await place.open(poolSize: 2)) }
            defer { for database in databases { database.close() } }
            let applied = try await withThrowingTaskGroup(of: [String].self) { group in
                for database in databases {
                    group.addTask {
                        try await Migrator(database: database, directory: RepositoryFiles.migrations, logger: .silent).migrate(now: 0)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.count == Set(applied).count)
            #expect(applied.count == (try Self.numbers()).count)
        }
    }

    @Test("the binary's number is that of the newest file")
    func binaryNumber() throws {
        #expect(try Self.numbers().max() == Migrator.binaryNumber)
    }

    /// Of the migrations in the folder; some have a file for each database.
    private static func numbers() throws -> Set<Int> {
        let names = try FileManager.default.contentsOfDirectory(atPath: RepositoryFiles.migrations).filter { $0.hasSuffix(".sql") }
        return Set(names.compactMap { Int($0.prefix(4)) })
    }
}

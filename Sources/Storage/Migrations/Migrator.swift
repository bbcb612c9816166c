package import Logging

/// Brings a database to this binary's schema, and tells whether this binary may run on what it finds.
///
/// Several processes may start at once: each migration is one transaction that first takes a lock and then looks whether
/// somebody else has applied it meanwhile. A process that dies in between leaves either all of a migration or nothing.
package struct Migrator: Sendable {
    /// The number of the newest migration this binary was built with. A test compares it with the folder.
    package static let binaryNumber = 15

    private let database: any Database
    private let directory: String
    private let logger: Logger

    /// - Parameter directory: the `migrations` folder.
    package init(database: any Database, directory: String, logger: Logger) {
        self.database = database
        self.directory = directory
        self.logger = logger
    }

    /// Applies what is missing.
    /// - Parameter now: microseconds since 1970, kept with each applied migration.
    /// - Returns: names of the migrations that this call applied.
    /// - Throws: ``StorageError/Code/schema`` when an applied file was changed, or the database needs a newer binary.
    package func migrate(now: Int64) async throws -> [String] {
        let files = try MigrationFile.all(in: directory, dialect: database.dialect)
        var applied: [String] = []
        for file in files where try await apply(file, now: now) {
            logger.info("migration applied", metadata: ["migration": "\(file.name)"])
            applied.append(file.name)
        }
        try await requireCompatible()
        return applied
    }

    /// Runs `body` in a transaction of its own under the migrations' lock: processes that start at once take turns.
    /// - Throws: what `body` throws; nothing of it was written then.
    package func run(_ body: @escaping @Sendable (any Connection) throws -> Void) async throws {
        try await database.write { connection in
            try Self.lock(connection)
            try body(connection)
        }
    }

    /// - Throws: ``StorageError/Code/schema`` when a newer process applied a migration that this binary cannot work with;
    ///   a serving process drains and exits with code 78 then.
    package func requireCompatible() async throws {
        let oldest =
            try await database.read { try $0.row("SELECT COALESCE(MAX(oldest_binary), 0) FROM schema_migrations") { $0.int(0) } } ?? 0
        guard Int(oldest) <= Self.binaryNumber else {
            throw StorageError(
                .schema,
                "this database needs a binary of schema \(oldest) or newer, this one is of schema \(Self.binaryNumber): install the newer Millrace"
            )
        }
    }

    /// Whether every migration of this binary has been applied; readiness asks this.
    package func isCurrent() async throws -> Bool {
        let newest = try await database.read { try $0.row("SELECT COALESCE(MAX(number), 0) FROM schema_migrations") { $0.int(0) } } ?? 0
        return Int(newest) >= Self.binaryNumber
    }

    /// True when this call applied it.
    private func apply(_ file: MigrationFile, now: Int64) async throws -> Bool {
        try await database.write { connection in
            try Self.lock(connection)
            let known = try connection.row("SELECT checksum FROM schema_migrations WHERE number = \(file.number)") { $0.text(0) }
            if let known {
                guard known == file.checksum else {
                    throw StorageError(
                        .schema, "\(file.name) was changed after it had been applied; restore the file and write a new migration")
                }
                return false
            }
            try connection.executeScript(file.script)
            try connection.execute(
                """
                INSERT INTO schema_migrations (number, name, checksum, oldest_binary, applied_at)
                VALUES (\(file.number), \(file.name), \(file.checksum), \(file.oldestBinary), \(now))
                """)
            return true
        }
    }

    private static func lock(_ connection: any Connection) throws {
        if connection.dialect == .postgres {
            // Any fixed number serves as the lock's name; SQLite's writer is alone already.
            _ = try connection.rows("SELECT pg_advisory_xact_lock(\(advisoryLock))") { _ in }
        }
        try connection.executeScript(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,
                oldest_binary BIGINT NOT NULL, applied_at BIGINT NOT NULL)
            """)
    }

    private static let advisoryLock: Int64 = 0x4D49_4C4C_5241_4345
}

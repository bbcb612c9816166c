package import Logging
package import Storage

/// A database of one test's own: an SQLite file in a temporary directory, or a schema of the PostgreSQL server.
///
/// It may be opened several times, one after another (a restart) or at once (several processes; on SQLite one owner).
package struct DatabasePlace: Sendable {
    /// The kind of database.
    package let kind: DatabaseKind
    /// Where an SQLite file lies; for other files of the test as well.
    package let directory: TemporaryDirectory

    /// The SQLite file's path.
    package var path: String { directory.path("millrace.db") }

    /// Opens it, unmigrated if nobody has migrated it. The caller closes it.
    /// - Parameter owner: takes the SQLite file's lock; nil opens beside an owner.
    package func open(owner: SQLiteOwner? = nil, logger: Logger = .silent) async throws -> any Database {
        try SQLiteDatabase.open(path: path, options: .init(owner: owner), logger: logger)
    }

    /// Applies the repository's migrations.
    package func migrate(_ database: any Database) async throws {
        _ = try await Migrator(database: database, directory: RepositoryFiles.migrations, logger: .silent).migrate(now: 0)
    }
}

/// Runs `body` with a place for a database that is gone afterwards. What `body` opens it must close.
package func withDatabasePlace<Result>(_ kind: DatabaseKind, _ body: (DatabasePlace) async throws -> Result) async throws -> Result {
    try await withTemporaryDirectory { directory in
        try await body(DatabasePlace(kind: kind, directory: directory))
    }
}

/// Runs `body` with a database of its own, migrated from the repository's `migrations` unless told otherwise; closed and
/// removed afterwards however `body` ends.
package func withDatabase<Result>(
    _ kind: DatabaseKind, migrated: Bool = true, logger: Logger = .silent, _ body: (any Database) async throws -> Result
) async throws -> Result {
    try await withDatabasePlace(kind) { place in
        let database = try await place.open(logger: logger)
        defer { database.close() }
        if migrated { try await place.migrate(database) }
        return try await body(database)
    }
}

extension Logger {
    /// Says nothing.
    package static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

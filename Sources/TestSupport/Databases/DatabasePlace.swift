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
    /// What `DATABASE_URL` would say: the SQLite file's path, or a PostgreSQL URL whose search path is the test's schema.
    package let url: String

    /// A place of the test's own making; ``withDatabasePlace(_:_:)`` makes the usual one.
    package init(kind: DatabaseKind, directory: TemporaryDirectory, url: String) {
        self.kind = kind
        self.directory = directory
        self.url = url
    }

    /// Opens it, unmigrated if nobody has migrated it. The caller closes it.
    /// - Parameters:
    ///   - owner: takes the SQLite file's lock; nil opens beside an owner.
    ///   - poolSize: PostgreSQL connections.
    package func open(owner: SQLiteOwner? = nil, poolSize: Int = 4, logger: Logger = .silent) async throws -> any Database {
        switch kind {
        case .sqlite: try SQLiteDatabase.open(path: url, options: .init(owner: owner), logger: logger)
        case .postgres: try await PostgresDatabase.open(url: url, poolSize: poolSize, logger: logger)
        }
    }

    /// Applies the repository's migrations.
    package func migrate(_ database: any Database) async throws {
        _ = try await Migrator(database: database, directory: RepositoryFiles.migrations, logger: .silent).migrate(now: 0)
    }
}

/// Runs `body` with a place for a database that is gone afterwards. What `body` opens it must close.
package func withDatabasePlace<Result>(_ kind: DatabaseKind, _ body: (DatabasePlace) async throws -> Result) async throws -> Result {
    try await withTemporaryDirectory { directory in
        switch kind {
        case .sqlite: try await body(DatabasePlace(kind: kind, directory: directory, url: directory.path("millrace.db")))
        case .postgres: try await withSchema { try await body(DatabasePlace(kind: kind, directory: directory, url: $0.url)) }
        }
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

/// At most this many schemas at once: each test has several connections, and the server has 300 in all.
private let schemas = TurnTaking(limit: 16)

private func withSchema<Result>(_ body: (PostgresSchema) async throws -> Result) async throws -> Result {
    try await schemas.enter()
    defer { schemas.leave() }
    let schema = try await PostgresSchema.make()
    do {
        let result = try await body(schema)
        try await schema.drop()
        return result
    } catch {
        // The test's own error says more than a failure to clean up after it.
        try? await schema.drop()
        throw error
    }
}

extension Logger {
    /// Says nothing.
    package static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

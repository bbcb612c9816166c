import Foundation
import Logging
import Storage

/// A schema of its own in the test server, so that tests run side by side on one PostgreSQL.
///
/// The server is the one of `MILLRACE_TEST_POSTGRES` (a libpq URI), which `scripts/with-postgres` starts and sets. Suites
/// that need it say `.enabled(if: PostgresSchema.isAvailable, "…")`.
package struct PostgresSchema: Sendable {
    /// The schema's name.
    package let name: String
    /// A URL whose search path is this schema alone.
    package let url: String

    /// The test server's URL, nil when there is none.
    package static let serverURL = ProcessInfo.processInfo.environment["MILLRACE_TEST_POSTGRES"]
    /// Whether there is a test server.
    package static var isAvailable: Bool { serverURL != nil }
    /// Why a suite without a server is skipped.
    package static let reason = "MILLRACE_TEST_POSTGRES is not set; scripts/with-postgres sets it"

    /// Runs `body` with a new and empty schema, which is dropped afterwards with all that is in it.
    package static func with<R: Sendable>(_ body: (PostgresSchema) async throws -> R) async throws -> R {
        let schema = try await make()
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

    /// A new and empty schema. Whoever makes it drops it.
    package static func make() async throws -> PostgresSchema {
        guard let serverURL else { throw StorageError(.configuration, reason) }
        let name = "test_" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await run("DO $$ BEGIN EXECUTE format('CREATE SCHEMA %I', current_setting('millrace.schema')); END $$", name: name)
        return PostgresSchema(name: name, url: url(serverURL, searchPath: name))
    }

    /// Drops the schema. Databases opened on it should have been closed: an open transaction holds the drop up.
    package func drop() async throws {
        try await Self.run("DO $$ BEGIN EXECUTE format('DROP SCHEMA %I CASCADE', current_setting('millrace.schema')); END $$", name: name)
    }

    /// Any URL of the test server with the search path set; a test that goes through a proxy has its own.
    package static func url(_ server: String, searchPath: String) -> String {
        guard server.contains("://") else { return server + " options='-c search_path=\(searchPath)'" }
        return server + (server.contains("?") ? "&" : "?") + "options=-c%20search_path%3D\(searchPath)"
    }

    /// DDL takes no parameters, so the name travels in a setting of the transaction.
    private static func run(_ statement: SQL, name: String) async throws {
        guard let serverURL else { throw StorageError(.configuration, reason) }
        let database = try await PostgresDatabase.open(url: serverURL, poolSize: 1, logger: .silent)
        defer { database.close() }
        try await database.write { connection in
            _ = try connection.rows("SELECT set_config('millrace.schema', \(name), true)") { _ in }
            try connection.execute(statement)
        }
    }
}

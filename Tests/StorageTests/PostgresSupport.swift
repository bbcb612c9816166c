import Foundation
import Logging
import Storage
import Synchronization
import TestSupport
import Testing

/// A database on a schema of its own, closed and dropped afterwards.
func withPostgres<R: Sendable>(
    poolSize: Int = 4, reruns: Int = 5, patience: Duration = .seconds(5), _ body: (PostgresDatabase) async throws -> R
) async throws -> R {
    try await PostgresSchema.with { schema in
        let database = try await PostgresDatabase.open(
            url: schema.url, poolSize: poolSize, reruns: reruns, patience: patience, logger: .silent)
        defer { database.close() }
        return try await body(database)
    }
}

/// Counts from any thread.
final class Counter: Sendable {
    private let number = Mutex(0)

    var value: Int { number.withLock { $0 } }

    /// The count with this call.
    @discardableResult
    func increment() -> Int {
        number.withLock { number in
            number += 1
            return number
        }
    }
}

extension PostgresDatabase {
    /// The server process behind the connection of a pool of one.
    func backendPID() async throws -> Int64 {
        try #require(try await read { try $0.row("SELECT pg_backend_pid()") { $0.int(0) } })
    }

    /// Ends a server process and waits until it is gone.
    func terminate(_ pid: Int64) async throws {
        let isGone = try await read { try $0.row("SELECT pg_terminate_backend(CAST(\(pid) AS INT), 10000)::int") { $0.bool(0) } }
        #expect(isGone == true)
    }

    func makeTable() async throws {
        try await change("CREATE TABLE t (id BIGINT, n BIGINT NOT NULL DEFAULT 0)")
    }

    /// One statement, one transaction.
    func change(_ sql: SQL) async throws {
        try await write { _ = try $0.execute(sql) }
    }

    func ids() async throws -> [Int64] {
        try await read { try $0.rows("SELECT id FROM t ORDER BY id") { $0.int(0) } }
    }
}

extension Trait where Self == ConditionTrait {
    /// Runs only beside a PostgreSQL server.
    static var needsPostgres: Self {
        .enabled(if: PostgresSchema.isAvailable, Comment(rawValue: PostgresSchema.reason))
    }

    /// Runs only beside a PostgreSQL server with a unix socket, which a proxy can stand before.
    static var needsPostgresSocket: Self {
        .enabled(if: PostgresProxy.socketDirectory != nil, "MILLRACE_TEST_POSTGRES names no unix socket; scripts/with-postgres does")
    }
}

import Foundation
package import Logging
import ServiceLifecycle

/// A PostgreSQL server (14 or newer) as Millrace's database, through libpq.
///
/// It owns a small pool of connections, each with a thread on which the closures run; one connection that listens and one
/// that announces, both made when first used. What it promises:
/// - An acknowledged write is committed as durably as the server says in ``durability``.
/// - A lost connection costs no acknowledged write: a closure whose transaction was lost before COMMIT runs again on a
///   new connection, and when the answer to COMMIT was lost the server is asked whether it was committed.
/// - Serialization failures and deadlocks run the closure again.
package final class PostgresDatabase: Database {
    /// Always PostgreSQL's.
    package let dialect = Dialect.postgres
    /// `synchronous_commit=on fsync=on`, as the server reported at opening.
    package let durability: String
    private let pool: PostgresPool
    private let listener: PostgresListener
    private let announcer: PostgresAnnouncer
    private let channels: PostgresChannels

    /// Connects once, to find out at start whether the server can be reached and used.
    ///
    /// - Parameters:
    ///   - url: a libpq URI (`postgres://user:password@host:5432/name`) or connection string. Everything that libpq knows
    ///     may be set in it (`sslmode`, several hosts, `options=-c search_path=…`) and `PGHOST`, `PGPASSWORD`, `~/.pgpass`
    ///     work as with psql.
    ///   - poolSize: connections for reads and writes, at least 1. The listener and the announcer have one each besides.
    ///   - reruns: how often a closure runs again after serialization failures or deadlocks.
    ///   - patience: how long a transaction waits for a server that was lost before it throws
    ///     ``StorageError/Code/unavailable``.
    /// - Throws: ``StorageError``: `.unavailable` when nobody answers, `.credentials` when user, password or database are
    ///   refused, `.configuration` when the URL makes no sense, the server is too old, the database is not encoded in
    ///   UTF-8 or the search path names no schema that exists.
    package static func open(
        url: String, poolSize: Int = 4, reruns: Int = 5, patience: Duration = .seconds(5), logger: Logger
    ) async throws -> PostgresDatabase {
        let settings = try PostgresSettings(url: url)
        guard poolSize >= 1 else { throw StorageError(.configuration, "the pool needs at least one PostgreSQL connection") }
        let pool = PostgresPool(settings: settings, connections: poolSize, reruns: reruns, patience: patience, logger: logger)
        do {
            let server = try await pool.perform(.engine) { worker, _ in try worker.connectOnce().describeServer() }
            guard let schema = server.schema else {
                throw StorageError(.configuration, "the search path at \(settings) names no schema that exists")
            }
            return PostgresDatabase(pool: pool, durability: server.durability, schema: schema)
        } catch {
            pool.close()
            throw error
        }
    }

    private init(pool: PostgresPool, durability: String, schema: String) {
        self.pool = pool
        self.durability = durability
        channels = PostgresChannels(schema: schema)
        listener = PostgresListener(settings: pool.settings, logger: pool.logger)
        announcer = PostgresAnnouncer(settings: pool.settings, logger: pool.logger)
    }

    deinit { endAll() }

    /// One snapshot: a read-only transaction at REPEATABLE READ.
    package func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        try await pool.perform(.read) { worker, job in
            try worker.transact(.read, since: job.since, body)
        }
    }

    /// A transaction at READ COMMITTED on one of the pool's connections.
    package func write<T: Sendable>(_ lane: WriteLane, _ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        let logger = pool.logger
        return try await pool.perform(lane == .engine ? .engine : .bulk) { worker, job in
            try worker.transact(.write, since: job.since) { connection in
                let started = ContinuousClock.now
                defer { Self.logIfSlow(started.duration(to: .now), lane, logger) }
                return try body(connection)
            }
        }
    }

    /// Sent by a connection of its own, outside of any transaction.
    package func notify(channel: String, payload: String) {
        announcer.announce(channel: channels.name(for: channel), payload: payload)
    }

    /// Heard by a connection of its own.
    package func listen(channel: String, _ body: @escaping @Sendable (String?) -> Void) {
        listener.add(channel: channels.name(for: channel), body)
    }

    /// Over all connections.
    package var commitStatistics: CommitStatistics {
        pool.commitStatistics
    }

    /// Waits for the shutdown and closes. PostgreSQL does its own maintenance.
    package func run() async throws {
        // Cancelled or asked to stop: both mean the end.
        do { try await gracefulShutdown() } catch is CancellationError {}
        await withCheckedContinuation { continuation in
            // close() waits for running transactions, which may not happen on the cooperative pool.
            Thread {
                self.close()
                continuation.resume()
            }.start()
        }
    }

    /// Refuses what waits and returns when the running transactions have ended and what was to be announced has been sent,
    /// after five seconds at most.
    package func close() {
        let limit = Duration.seconds(5)
        let begun = ContinuousClock.now
        endAll()
        if !announcer.waitUntilEnded(limit: limit) { pool.logger.debug("not all changes were announced before closing") }
        if !pool.waitUntilEnded(limit: limit - begun.duration(to: .now)) {
            pool.logger.warning("PostgreSQL transactions still run after closing", metadata: ["waited": "\(limit)"])
        }
    }

    private func endAll() {
        listener.close()
        announcer.close()
        pool.close()
    }

    private static func logIfSlow(_ duration: Duration, _ lane: WriteLane, _ logger: Logger) {
        guard duration > .milliseconds(50) else { return }
        logger.warning("slow write closure", metadata: ["lane": "\(lane)", "ms": "\(Int64(duration / .milliseconds(1)))"])
    }
}

extension PostgresPool {
    /// Runs `body` on a worker's thread and waits for it. Cancelling the caller does not end it.
    func perform<T: Sendable>(
        _ lane: PostgresQueue<Job>.Lane, _ body: @escaping @Sendable (PostgresWorker, Job) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            submit(
                Job(
                    lane: lane,
                    run: { worker, job in continuation.resume(with: Result { try body(worker, job) }) },
                    refuse: { continuation.resume(throwing: $0) }))
        }
    }
}

extension PostgresSession {
    /// What a connection tells at start.
    struct Server: Sendable {
        let durability: String
        /// The first schema of the search path that exists.
        let schema: String?
    }

    func describeServer() throws -> Server {
        do {
            let answer = try run(
                """
                SELECT current_setting('synchronous_commit'), current_setting('fsync'), current_schema()
                """)
            return answer.read(row: 0) { row in
                Server(durability: "synchronous_commit=\(row.text(0)) fsync=\(row.text(1))", schema: row.textOrNil(2))
            }
        } catch {
            throw error.error
        }
    }
}

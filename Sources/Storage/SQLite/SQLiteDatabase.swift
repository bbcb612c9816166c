import Foundation
import GRDB
package import Logging
import ServiceLifecycle

/// SQLite in this process: one writer thread with group commit, a few readers, checkpoints from a connection of their own.
///
/// One engine process per file: ``open(path:options:logger:)`` with an ``SQLiteOwner`` takes `<path>.lock` and holds it
/// until ``close()``.
package final class SQLiteDatabase: Database {
    /// Always SQLite's.
    package let dialect = Dialect.sqlite
    /// `synchronous=FULL` or `synchronous=NORMAL`, as the writer reported.
    package let durability: String
    /// The file's path.
    package let path: String

    private let pool: SQLitePool
    private let writer: SQLiteWriter
    private let lock: SQLiteLock?
    private let checkpoints: SQLiteCheckpoints
    private let logger: Logger

    /// How a file is opened.
    package struct Options: Sendable {
        /// Durability of every commit. Default: full.
        package var synchronous: SQLiteSynchronous = .full
        /// Who will own the file; nil opens it beside an owner, for commands that only look.
        package var owner: SQLiteOwner?

        /// The defaults: full durability, no owner.
        package init(synchronous: SQLiteSynchronous = .full, owner: SQLiteOwner? = nil) {
            self.synchronous = synchronous
            self.owner = owner
        }
    }

    /// Opens or creates the file. Its directory is created as well.
    /// - Throws: ``StorageError`` with ``StorageError/Code/locked`` when another process owns it (the message names that
    ///   process), and the codes for a damaged, read-only or unreachable file.
    package static func open(path: String, options: Options = Options(), logger: Logger) throws -> SQLiteDatabase {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            // SQLite syncs the names of its files, not that of the directory they lie in.
            try DurableFiles.makeDirectory(directory, mode: 0o755)
        } catch {
            throw StorageError(.readOnly, "the directory \(directory) cannot be created")
        }
        let lock = try options.owner.map { try SQLiteLock(path: path + ".lock", owner: $0) }
        let checkpoints = SQLiteCheckpoints(path: path, logger: logger)
        let pool = try SQLitePool(path: path, synchronous: options.synchronous) { checkpoints.committed(logPages: $0) }
        return try SQLiteDatabase(path: path, pool: pool, checkpoints: checkpoints, lock: lock, logger: logger)
    }

    private init(path: String, pool: SQLitePool, checkpoints: SQLiteCheckpoints, lock: SQLiteLock?, logger: Logger) throws {
        self.path = path
        self.pool = pool
        self.lock = lock
        self.logger = logger
        durability = try pool.durability()
        writer = SQLiteWriter(pool: pool, logger: logger)
        self.checkpoints = checkpoints
    }

    /// A snapshot on one of the pool's readers.
    package func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        do {
            return try await pool.current().read { [logger] database in
                let started = ContinuousClock.now
                defer { Self.warn(of: started.duration(to: .now), logger) }
                return try body(SQLiteConnection(database))
            }
        } catch let error as DatabaseError {
            throw StorageError.thrown(for: error)
        }
    }

    /// An open snapshot keeps the WAL from being reused: what reads this long must read in slices.
    private static func warn(of elapsed: Duration, _ logger: Logger) {
        guard elapsed > .seconds(5) else { return }
        logger.warning("a read transaction was held for long", metadata: ["ms": "\(elapsed / .milliseconds(1))"])
    }

    /// Joins the writer's next group.
    package func write<T: Sendable>(_ lane: WriteLane, _ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        try await writer.write(lane, body)
    }

    /// One process owns the file: there is nobody to tell.
    package func notify(channel: String, payload: String) {}
    /// One process owns the file: nobody else notifies.
    package func listen(channel: String, _ listener: @escaping @Sendable (String?) -> Void) {}

    /// The writer's.
    package var commitStatistics: CommitStatistics { writer.commitStatistics }

    /// Keeps the WAL and the file small until shutdown, then closes the database.
    package func run() async throws {
        async let vacuum: Void = SQLiteVacuum(logger: logger).run(self)
        await runCheckpoints()
        await vacuum
        close()
    }

    /// Gives free space back to the file system at once, as ``run()`` does now and then.
    /// - Parameter leftAlone: pages that stay free in the file.
    /// - Returns: how many pages were given back.
    package func giveBackFreeSpace(leftAlone: Int64) async throws -> Int64 {
        try await SQLiteVacuum(leftAlonePages: leftAlone, logger: logger).shrink(self)
    }

    /// The checkpoints alone, until graceful shutdown; the database stays open.
    package func runCheckpoints() async {
        await checkpoints.run(writer: writer)
    }

    /// Tells other processes where this owner answers, once the port is known. Nothing without an owner.
    package func announce(owner: SQLiteOwner) throws {
        try lock?.update(owner)
    }

    /// Commits what was accepted, folds the WAL into the file and releases the lock. May be called twice.
    package func close() {
        writer.close()
        do { try pool.close() } catch {
            logger.warning("the database was not closed cleanly", metadata: ["error": "\(StorageError(error))"])
        }
        lock?.release()
    }
}

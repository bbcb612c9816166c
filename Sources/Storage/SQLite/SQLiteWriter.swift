import Foundation
import GRDB
import GRDBSQLite
import Logging
import Synchronization

/// The one writer: a thread that commits write closures in groups.
///
/// Closures that arrive while a commit is in flight run one after another in the next transaction, without savepoints [49,000 inserts/s in groups
/// of 64; 28,000 with savepoints]. If one throws, or the transaction is gone (SQLITE_FULL ends all of it), the group is rolled back and each closure runs again alone, so
/// that an error reaches its own caller only. If COMMIT itself fails every caller of the group gets the error.
final class SQLiteWriter: Sendable {
    private let queue = WriteQueue()
    private let pool: SQLitePool
    private let logger: Logger
    private let statistics = Mutex(CommitStatistics())
    /// Left exactly once, when the thread has ended.
    private let finished = DispatchGroup()

    init(pool: SQLitePool, logger: Logger) {
        self.pool = pool
        self.logger = logger
        finished.enter()
        let thread = Thread { [self] in
            while let work = queue.next() {
                switch work {
                case .group(let group): commit(group)
                case .staging(let write): end(write, attempt([write], .staging))
                case .checkpoint(let step): checkpoint(step)
                }
            }
            finished.leave()
        }
        thread.name = "millrace-writer"
        thread.start()
    }

    var commitStatistics: CommitStatistics { statistics.withLock { $0 } }

    func write<T: Sendable>(_ lane: WriteLane, _ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let write = AwaitedWrite(body, continuation)
            if !queue.append(write, lane: lane) {
                write.fail(StorageError(.unavailable, "the database is closed"))
            }
        }
    }

    /// Asks for the WAL to be moved to its end between two transactions; returns at once.
    func request(_ step: CheckpointPlan.WriterStep) {
        queue.request(step)
    }

    /// While true bulk writes wait, and the engine's go on; returns at once.
    func holdBulk(_ holds: Bool) {
        queue.holdBulk(holds)
    }

    /// Commits what was accepted and ends the thread. Returns when it has ended.
    func close() {
        queue.close()
        finished.wait()
    }

    // MARK: - On the writer thread

    private func commit(_ group: [any PendingWrite]) {
        switch attempt(group) {
        case .committed: group.forEach { $0.succeed() }
        case .failed(let error, .body) where group.count > 1:
            logger.debug("a write group is run again one by one", metadata: ["error": "\(error)", "closures": "\(group.count)"])
            group.forEach(commitAlone)
        case .failed(let error, _): group.forEach { $0.fail(error) }
        }
    }

    /// After it the next transaction begins the WAL anew, unless a reader still needs it.
    private func checkpoint(_ step: CheckpointPlan.WriterStep) {
        do {
            try pool.current().writeWithoutTransaction { database in
                switch step {
                case .fold: _ = try database.checkpoint(.passive)
                case .restart:
                    // All writes wait meanwhile, and readers that take turns may leave no gap for as long as they like.
                    sqlite3_busy_timeout(database.sqliteConnection, Self.restartPatience)
                    defer { sqlite3_busy_timeout(database.sqliteConnection, SQLitePool.busyMilliseconds) }
                    _ = try database.checkpoint(.restart)
                }
            }
        } catch {
            logger.warning("the WAL could not be begun anew; tried again later", metadata: ["error": "\(StorageError(error))"])
        }
    }

    /// Milliseconds for which the writer waits for readers that keep the WAL from being begun anew.
    private static let restartPatience: Int32 = 20

    private func commitAlone(_ write: any PendingWrite) {
        end(write, attempt([write]))
    }

    private func end(_ write: any PendingWrite, _ attempt: Attempt) {
        switch attempt {
        case .committed: write.succeed()
        case .failed(let error, _): write.fail(error)
        }
    }

    private enum Attempt {
        enum Stage { case body, begin, commit }
        case committed
        case failed(any Error, Stage)
    }

    private func attempt(_ group: [any PendingWrite], _ lane: WriteLane = .engine) -> Attempt {
        let attempt: Attempt
        do {
            attempt = try pool.trusted().writeWithoutTransaction { database in
                guard lane == .staging else { return transaction(group, on: database) }
                return try pool.withoutWaitingForTheDisk(database) { transaction(group, on: database) }
            }
        } catch {
            return .failed(StorageError(error), .begin)
        }
        if case .failed(let error as StorageError, _) = attempt, error.code == .ioError { pool.suspect() }
        return attempt
    }

    /// BEGIN, every closure, COMMIT. No transaction is open when this returns.
    private func transaction(_ group: [any PendingWrite], on database: GRDB.Database) -> Attempt {
        do { try database.beginTransaction(.immediate) } catch { return .failed(StorageError(error), .begin) }
        let connection = SQLiteConnection(database)
        do {
            for write in group { try performTimed(write, connection) }
            // SQLITE_FULL, IOERR and a few more end the transaction by themselves: what ran before is gone as well.
            guard database.isInsideTransaction else { throw StorageError(.other, "the transaction was rolled back by SQLite") }
        } catch {
            return .failed(rollBack(database, after: error), .body)
        }
        do {
            let started = ContinuousClock.now
            try database.commit()
            record(group.count, started.duration(to: .now))
            return .committed
        } catch {
            return .failed(rollBack(database, after: StorageError(error)), .commit)
        }
    }

    private func performTimed(_ write: any PendingWrite, _ connection: SQLiteConnection) throws {
        let started = ContinuousClock.now
        try write.perform(connection)
        let elapsed = started.duration(to: .now)
        if elapsed > .milliseconds(50) {
            logger.warning("a write closure held the writer", metadata: ["ms": "\(elapsed / .milliseconds(1))"])
        }
    }

    /// Rolls back if a transaction is still open. The error that matters to the caller is the first one.
    private func rollBack(_ database: GRDB.Database, after error: any Error) -> any Error {
        guard database.isInsideTransaction else { return error }
        do {
            try database.rollback()
        } catch let rollbackError {
            logger.error("a transaction could not be rolled back", metadata: ["error": "\(StorageError(rollbackError))"])
            return StorageError(.ioError, "rollback failed: \(StorageError(rollbackError).message)")
        }
        return error
    }

    private func record(_ closures: Int, _ elapsed: Duration) {
        let microseconds = Int32(clamping: elapsed / .microseconds(1))
        statistics.withLock { $0.record(closures: closures, microseconds: microseconds) }
    }
}

extension Duration {
    /// Whole units of `unit` in this duration.
    static func / (duration: Duration, unit: Duration) -> Int64 {
        let ratio: Double = duration / unit
        return Int64(ratio)
    }
}

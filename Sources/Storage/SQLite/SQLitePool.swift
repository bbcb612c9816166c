import Foundation
import GRDB
import GRDBSQLite
import Logging
import Synchronization

/// Opens GRDB's pool with the durability asked for and proves it. Owns the pool, which is replaced after an I/O error.
final class SQLitePool: Sendable {
    let path: String
    private let synchronous: SQLiteSynchronous
    private let commitHook: SQLiteCommitHook
    private let state: Mutex<State>

    private struct State {
        /// Nil after ``close()``.
        var pool: DatabasePool?
        /// An I/O error was seen: the writer's view of the file cannot be trusted any more.
        var isSuspect = false
    }

    /// - Parameter committed: called by the writer's connection after each commit, with the pages that are in the WAL now.
    init(path: String, synchronous: SQLiteSynchronous, committed: @escaping @Sendable (_ logPages: Int) -> Void) throws {
        self.path = path
        self.synchronous = synchronous
        commitHook = SQLiteCommitHook(committed)
        state = Mutex(State(pool: try Self.open(path, synchronous, commitHook)))
    }

    /// - Throws: ``StorageError/Code/unavailable`` after ``close()``.
    func current() throws -> DatabasePool {
        try state.withLock { state in
            guard let pool = state.pool else { throw StorageError(.unavailable, "the database is closed") }
            return pool
        }
    }

    /// After an I/O error: before the next write the file is opened afresh.
    func suspect() {
        state.withLock { $0.isSuspect = true }
    }

    /// For the writer thread alone: the pool, opened afresh if it is suspect. Readers that still hold the old one finish on it.
    /// - Throws: what opening throws; the next call tries again.
    func trusted() throws -> DatabasePool {
        guard state.withLock({ $0.isSuspect && $0.pool != nil }) else { return try current() }
        let fresh = try Self.open(path, synchronous, commitHook)
        state.withLock { $0 = State(pool: fresh) }
        return fresh
    }

    /// What the writer reports, e.g. `synchronous=FULL`.
    func durability() throws -> String {
        let number = try current().writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") } ?? -1
        return "synchronous=" + (number == 2 ? "FULL" : number == 1 ? "NORMAL" : "\(number)")
    }

    /// Runs `body`, whose commits need not be on the disk: what is committed after it, or a checkpoint, takes them along. Only
    /// on the writer's connection, outside of a transaction.
    /// - Throws: ``StorageError`` when the level cannot be changed; `body` was not run.
    func withoutWaitingForTheDisk<T>(_ database: GRDB.Database, _ body: () -> T) throws -> T {
        guard synchronous == .full else { return body() }
        try Self.setSynchronous(.normal, database)
        let result = body()
        // What is opened afresh has the level that was asked for.
        do { try Self.setSynchronous(synchronous, database) } catch { suspect() }
        return result
    }

    private static func setSynchronous(_ level: SQLiteSynchronous, _ database: GRDB.Database) throws {
        let code = sqlite3_exec(database.sqliteConnection, "PRAGMA synchronous = \(level.rawValue)", nil, nil, nil)
        guard code == SQLITE_OK else { throw StorageError(DatabaseError(resultCode: ResultCode(rawValue: code))) }
    }

    /// Closes every connection; the last one folds the WAL into the database file.
    func close() throws {
        let open = state.withLock { state -> DatabasePool? in
            defer { state.pool = nil }
            return state.pool
        }
        // GRDB closes its writer before its readers, and a read-only connection that is the last one cannot fold the WAL.
        open?.invalidateReadOnlyConnections()
        try open?.close()
    }

    /// For how long a connection waits for another process's or connection's lock.
    static let busyMilliseconds: Int32 = 5_000

    private static func open(_ path: String, _ synchronous: SQLiteSynchronous, _ commitHook: SQLiteCommitHook) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Double(busyMilliseconds) / 1000)
        configuration.maximumReaderCount = 4
        configuration.label = "millrace"
        configuration.prepareDatabase { database in
            // Takes effect on a new file only, and only before its first page: hence here and not in a migration.
            if !database.configuration.readonly { try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
            try database.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY")
        }
        let pool: DatabasePool
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { database in
                // GRDB sets NORMAL on its writer after `prepareDatabase` has run, so this comes last and is read back.
                try database.execute(sql: "PRAGMA synchronous = \(synchronous.rawValue)")
                #if os(macOS)
                try database.execute(sql: "PRAGMA fullfsync = \(synchronous == .full ? 1 : 0)")
                #endif
                // Checkpoints come from another connection: inside COMMIT they cost 5 to 12 ms every few hundred commits.
                // A WAL that readers have made longer than it ever is without them is cut off.
                let longest = CheckpointPlan.restartPages << 12
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = \(longest)")
                // Takes the place of the one that `wal_autocheckpoint` uses.
                commitHook.install(on: database)
                try refuseForeignFile(database)
                let reported = try Int.fetchOne(database, sql: "PRAGMA synchronous")
                guard reported == synchronous.number else {
                    throw StorageError(
                        .configuration, "SQLite reports synchronous=\(reported ?? -1) although \(synchronous.rawValue) was asked for")
                }
            }
        } catch {
            throw explained(StorageError(error), path)
        }
        return pool
    }

    /// `application_id` that the first migration writes: "MILL" in ASCII.
    static let applicationID = 0x4D49_4C4C

    private static func refuseForeignFile(_ database: GRDB.Database) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard found == 0 || found == applicationID else {
            throw StorageError(.configuration, "the file belongs to another application (application_id \(found)); name another file")
        }
    }

    /// The start-up errors that people meet, said in words that name the file and what to do.
    private static func explained(_ error: StorageError, _ path: String) -> StorageError {
        switch error.code {
        case .corrupt:
            StorageError(.corrupt, "\(path) is damaged or no SQLite database (\(error.message)); restore a backup or name another file")
        case .readOnly: StorageError(.readOnly, "\(path) or its directory cannot be written by this user")
        case .unavailable:
            StorageError(.unavailable, "\(path) cannot be opened (\(error.message)); check that its directory exists and may be written")
        case .busy: StorageError(.busy, "\(path) is held by another program; close it and start again")
        default: StorageError(error.code, "\(path): \(error.message)")
        }
    }
}

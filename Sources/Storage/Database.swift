package import ServiceLifecycle

/// One of the writer's lanes. Engine writes go first; any other has a transaction of its own, in turn with theirs.
package enum WriteLane: Sendable {
    /// Submits, claims, completions, heartbeats: small and urgent.
    case engine
    /// Logs, progress, ingestion: bounded to about 5 ms of work (some 250 rows) a closure.
    case bulk
    /// As ``bulk``, for rows that nobody is told of before a later write of another lane has made them count. On SQLite its
    /// commit does not wait for the disk. It survives the end of the process; after power loss it may be gone, but never in
    /// part, and never when a write of another lane that was committed after it is there.
    case staging
}

/// A database: SQLite in this process or PostgreSQL elsewhere. The only two implementations are in this module.
///
/// Reads and writes take a synchronous closure which is one transaction, run on the driver's own threads and never on the
/// cooperative pool. Running the database as a service keeps its maintenance going (checkpoints on SQLite; notifications
/// on PostgreSQL) and closes it at shutdown, after every service that was added later has ended.
package protocol Database: Service {
    /// The dialect statements are rendered for.
    var dialect: Dialect { get }

    /// What the writer itself reports: `synchronous=FULL` or `synchronous_commit=on fsync=on`. Asked once, at opening.
    var durability: String { get }

    /// Runs `body` in a read transaction: one snapshot. It must not last: an open snapshot keeps old row versions alive.
    /// - Throws: ``StorageError``, or what `body` throws; `CancellationError` where a cancelled task's read is cut short.
    func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T

    /// Runs `body` in a write transaction and returns after the commit.
    ///
    /// **The closure may run more than once and touches nothing but its connection.** Refusals (not found, conflict) are
    /// returned, not thrown: a throw rolls back the group that the closure shares a transaction with.
    /// When this returns normally the effects survive SIGKILL and, at full durability, power loss (but see
    /// ``WriteLane/staging``). When it throws nothing
    /// was written. The task that waits may be cancelled; the write is not.
    /// - Throws: ``StorageError``, or what `body` throws.
    func write<T: Sendable>(_ lane: WriteLane, _ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T

    /// Tells the other processes on this database something, outside of any transaction and at most once within a few
    /// milliseconds per channel and payload. A hint only: it may be lost, and listeners also poll. Nothing on SQLite.
    func notify(channel: String, payload: String)

    /// Calls `listener` for each notification of `channel` from any process, and with a nil payload whenever listening
    /// has begun, or begun again after the connection was lost: what was sent before may have been missed. Never called
    /// on SQLite. The calls come one after another on the listening thread, which they must not hold up.
    func listen(channel: String, _ listener: @escaping @Sendable (String?) -> Void)

    /// Commits so far and the time they took, for metrics and benchmarks.
    var commitStatistics: CommitStatistics { get }

    /// Ends all work and closes every connection; later calls throw ``StorageError/Code/unavailable``. What ``notify(channel:payload:)``
    /// was told before is sent first. May be called twice.
    func close()
}

extension Database {
    /// A write in the engine lane.
    package func write<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        try await write(.engine, body)
    }
}

/// One connection inside a transaction, valid only within the closure it is passed to.
package protocol Connection: AnyObject {
    /// The dialect statements are rendered for.
    var dialect: Dialect { get }

    /// Runs a statement and returns the number of rows it inserted, changed or deleted.
    @discardableResult
    func execute(_ sql: SQL) throws -> Int

    /// Runs a statement and decodes every row. The closure must not use the connection.
    func rows<T>(_ sql: SQL, _ decode: (Row) throws -> T) throws -> [T]

    /// Runs a statement that holds `set` for all its rows: a prepared statement per row on SQLite, once on PostgreSQL.
    /// Returns the number of rows changed in all. Nothing is sent for an empty set.
    @discardableResult
    func forEach(_ set: RowSet, _ sql: SQL) throws -> Int

    /// Runs the statements of a migration file. Never call this with anything a client sent.
    func executeScript(_ trustedText: String) throws

    /// `count` new ids, ascending, never given out before and never again, even if the transaction rolls back on PostgreSQL.
    func allocateIDs(_ count: Int) throws -> [Int64]
}

extension Connection {
    /// The first row, nil when there is none.
    package func row<T>(_ sql: SQL, _ decode: (Row) throws -> T) throws -> T? {
        try rows(sql, decode).first
    }

    /// One new id.
    package func allocateID() throws -> Int64 {
        try allocateIDs(1)[0]
    }
}

/// How many transactions were committed and how long the commits took.
package struct CommitStatistics: Sendable {
    /// Committed write transactions since opening.
    package var count: Int64 = 0
    /// Write closures that those transactions carried; `closures / count` is the group size.
    package var closures: Int64 = 0
    /// Durations of the last commits (at most 4,096), microseconds, in no order: for a median.
    package var recentMicroseconds: [Int32] = []

    package init() {}

    /// Median of the recent commits in microseconds; 0 when there were none.
    package var medianMicroseconds: Int {
        recentMicroseconds.isEmpty ? 0 : Int(recentMicroseconds.sorted()[recentMicroseconds.count / 2])
    }

    static let window = 4096

    mutating func record(closures carried: Int, microseconds: Int32) {
        if recentMicroseconds.count < Self.window {
            recentMicroseconds.append(microseconds)
        } else {
            recentMicroseconds[Int(count) % Self.window] = microseconds
        }
        count += 1
        closures += Int64(carried)
    }
}

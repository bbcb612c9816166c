import GRDB
import GRDBSQLite

/// Hears from a connection how long the WAL is after each of its commits (https://www.sqlite.org/c3ref/wal_hook.html).
///
/// SQLite is given its address: it must live as long as the connections it is installed on.
final class SQLiteCommitHook: Sendable {
    private let committed: @Sendable (Int) -> Void

    init(_ committed: @escaping @Sendable (_ logPages: Int) -> Void) {
        self.committed = committed
    }

    /// From now on; called on the thread that commits, which must not be kept waiting.
    func install(on database: GRDB.Database) {
        _ = sqlite3_wal_hook(
            database.sqliteConnection,
            { hook, _, _, pages in
                if let hook { Unmanaged<SQLiteCommitHook>.fromOpaque(hook).takeUnretainedValue().committed(Int(pages)) }
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}

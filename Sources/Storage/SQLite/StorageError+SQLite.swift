import GRDB
import GRDBSQLite

extension StorageError {
    /// An error that GRDB reported. Its statement and arguments are left out: they may hold what clients sent.
    init(sqlite error: DatabaseError) {
        self.init(sqliteCode: error.extendedResultCode.rawValue, message: error.message ?? "SQLite error \(error.resultCode.rawValue)")
    }

    /// What a failed statement throws. GRDB interrupts the reads of a cancelled task, and nobody else interrupts: that is no
    /// fault of the database.
    static func thrown(forCode extended: Int32, message: String) -> any Error {
        extended & 0xff == SQLITE_INTERRUPT ? CancellationError() : StorageError(sqliteCode: extended, message: message)
    }

    /// The same for a statement that GRDB has run.
    static func thrown(for error: DatabaseError) -> any Error {
        error.resultCode == .SQLITE_INTERRUPT ? CancellationError() : StorageError(sqlite: error)
    }

    /// An extended result code with SQLite's own message (https://www.sqlite.org/rescode.html).
    init(sqliteCode extended: Int32, message: String) {
        let code: Code =
            switch extended & 0xff {
            case SQLITE_BUSY, SQLITE_LOCKED: .busy
            case SQLITE_FULL: .diskFull
            case SQLITE_READONLY, SQLITE_PERM: .readOnly
            case SQLITE_CANTOPEN: .unavailable
            case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
            case SQLITE_CONSTRAINT: .constraint
            case SQLITE_IOERR: .ioError
            default: .other
            }
        self.init(code, message)
    }

    /// Any error thrown while a database file was opened or a transaction ended.
    init(_ error: any Error) {
        switch error {
        case let error as StorageError: self = error
        case let error as DatabaseError: self.init(sqlite: error)
        default: self.init(.other, String(describing: error))
        }
    }
}

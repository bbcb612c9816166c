import GRDB
import GRDBSQLite

/// SQLite's side of ``Connection``: statements prepared and cached by GRDB, bound and stepped through the C interface,
/// which costs a quarter of decoding through GRDB's row values on the claim path.
final class SQLiteConnection: Connection {
    let dialect = Dialect.sqlite
    private let database: GRDB.Database

    init(_ database: GRDB.Database) {
        self.database = database
    }

    func execute(_ sql: SQL) throws -> Int {
        let rendered = RenderedSQL(sql, dialect: .sqlite)
        try run(rendered) { _ in }
        return Int(sqlite3_changes(database.sqliteConnection))
    }

    func rows<T>(_ sql: SQL, _ decode: (Row) throws -> T) throws -> [T] {
        var decoded: [T] = []
        try run(RenderedSQL(sql, dialect: .sqlite)) { statement in
            decoded.append(try decode(Row(source: .sqlite(statement))))
        }
        return decoded
    }

    func forEach(_ set: RowSet, _ sql: SQL) throws -> Int {
        guard !set.isEmpty else { return 0 }
        let rendered = RenderedSQL(sql, dialect: .sqlite, perRow: true)
        let prepared = try prepare(rendered.text)
        let statement = prepared.sqliteStatement
        defer { finish(prepared) }
        try bind(rendered, row: nil, to: statement)
        var changes = 0
        for index in 0..<set.count {
            try bind(rendered, row: set.row(index), to: statement)
            while try step(statement) {}
            changes += Int(sqlite3_changes(database.sqliteConnection))
            // The other parameters keep their values: only a row's own are bound again.
            sqlite3_reset(statement)
        }
        return changes
    }

    func executeScript(_ trustedText: String) throws {
        do {
            try database.execute(sql: trustedText)
        } catch let error as DatabaseError {
            throw StorageError.thrown(for: error)
        }
    }

    func allocateIDs(_ count: Int) throws -> [Int64] {
        guard count > 0 else { return [] }
        guard let last = try row("UPDATE id_counter SET last = last + \(count) RETURNING last", { $0.int(0) }) else {
            throw StorageError(.corrupt, "the table id_counter is empty")
        }
        return Array((last - Int64(count) + 1)...last)
    }

    // MARK: - Statements

    private func run(_ rendered: RenderedSQL, _ each: (OpaquePointer) throws -> Void) throws {
        let prepared = try prepare(rendered.text)
        let statement = prepared.sqliteStatement
        defer { finish(prepared) }
        try bind(rendered, row: nil, to: statement)
        while try step(statement) { try each(statement) }
    }

    private func prepare(_ text: String) throws -> Statement {
        // SQLITE_FULL, IOERR and a few more end the transaction. If the closure swallowed that error, this statement would
        // be committed by itself.
        guard database.isInsideTransaction else { throw StorageError(.other, "the transaction was rolled back by SQLite") }
        do {
            return try database.cachedStatement(sql: text)
        } catch let error as DatabaseError {
            throw StorageError.thrown(for: error)
        }
    }

    /// Binds every parameter, or, with a row, only those that are the row's columns.
    private func bind(_ rendered: RenderedSQL, row: ArraySlice<SQLValue>?, to statement: OpaquePointer) throws {
        for (index, parameter) in rendered.parameters.enumerated() {
            let position = Int32(index + 1)
            switch parameter {
            case .value(let value) where row == nil: try check(bind(value, at: position, to: statement))
            case .json(let rows) where row == nil: try check(bind(text: rows.jsonText(), at: position, to: statement))
            case .rowColumn(let column):
                guard let row else { continue }
                try check(bind(row[row.startIndex + column], at: position, to: statement))
            case .value, .json: continue
            case .array: preconditionFailure("arrays are rendered for PostgreSQL only")
            }
        }
    }

    private func bind(_ value: SQLValue, at position: Int32, to statement: OpaquePointer) -> Int32 {
        switch value {
        case .int(let number?): sqlite3_bind_int64(statement, position, number)
        case .double(let number?): sqlite3_bind_double(statement, position, number)
        case .text(let text?): bind(text: SQLValue.storable(text), at: position, to: statement)
        case .int(nil), .double(nil), .text(nil): sqlite3_bind_null(statement, position)
        }
    }

    /// SQLITE_TRANSIENT: SQLite copies the bytes before the call returns.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private func bind(text: String, at position: Int32, to statement: OpaquePointer) -> Int32 {
        var text = text
        return text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { bytes in
                // An empty Swift string may have no address, which SQLite would take for NULL.
                guard let start = bytes.baseAddress else { return sqlite3_bind_text(statement, position, "", 0, Self.copied) }
                return sqlite3_bind_text(statement, position, start, Int32(bytes.count), Self.copied)
            }
        }
    }

    private func step(_ statement: OpaquePointer) throws -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        default: throw lastError()
        }
    }

    /// Mentions the statement's owner last, so that it lives as long as its pointer is used.
    private func finish(_ prepared: Statement) {
        withExtendedLifetime(prepared) {
            _ = sqlite3_reset(prepared.sqliteStatement)
            _ = sqlite3_clear_bindings(prepared.sqliteStatement)
        }
    }

    private func check(_ code: Int32) throws {
        guard code == SQLITE_OK else { throw lastError() }
    }

    private func lastError() -> any Error {
        guard let connection = database.sqliteConnection else { return StorageError(.unavailable, "the database is closed") }
        return StorageError.thrown(
            forCode: sqlite3_extended_errcode(connection), message: String(cString: sqlite3_errmsg(connection)))
    }
}

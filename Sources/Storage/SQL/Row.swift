import CLibPQ
import Foundation
import GRDBSQLite

/// One row of a result, read by column position from 0. Valid only inside the decoding closure it is passed to.
public struct Row {
    enum Source {
        case sqlite(OpaquePointer)
        case postgres(OpaquePointer, row: Int32)
    }

    let source: Source

    /// A BIGINT that is not NULL (NULL reads as 0; use ``intOrNil(_:)`` where it may occur).
    public func int(_ column: Int) -> Int64 {
        switch source {
        case .sqlite(let statement): sqlite3_column_int64(statement, Int32(column))
        case .postgres(let result, let row): strtoll(PQgetvalue(result, row, Int32(column)), nil, 10)
        }
    }

    /// A BIGINT, nil when NULL.
    public func intOrNil(_ column: Int) -> Int64? {
        isNull(column) ? nil : int(column)
    }

    /// A TEXT that is not NULL (NULL reads as "").
    public func text(_ column: Int) -> String {
        switch source {
        case .sqlite(let statement):
            guard let bytes = sqlite3_column_text(statement, Int32(column)) else { return "" }
            let count = Int(sqlite3_column_bytes(statement, Int32(column)))
            return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
        case .postgres(let result, let row):
            guard let bytes = PQgetvalue(result, row, Int32(column)) else { return "" }
            let count = Int(PQgetlength(result, row, Int32(column)))
            return bytes.withMemoryRebound(to: UInt8.self, capacity: count) {
                String(decoding: UnsafeBufferPointer(start: $0, count: count), as: UTF8.self)
            }
        }
    }

    /// A TEXT, nil when NULL.
    public func textOrNil(_ column: Int) -> String? {
        isNull(column) ? nil : text(column)
    }

    /// A DOUBLE PRECISION that is not NULL (NULL reads as 0).
    public func double(_ column: Int) -> Double {
        switch source {
        case .sqlite(let statement): sqlite3_column_double(statement, Int32(column))
        case .postgres(let result, let row): strtod(PQgetvalue(result, row, Int32(column)), nil)
        }
    }

    /// A DOUBLE PRECISION, nil when NULL.
    public func doubleOrNil(_ column: Int) -> Double? {
        isNull(column) ? nil : double(column)
    }

    /// A boolean kept as 0 or 1.
    public func bool(_ column: Int) -> Bool {
        int(column) != 0
    }

    private func isNull(_ column: Int) -> Bool {
        switch source {
        case .sqlite(let statement): sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
        case .postgres(let result, let row): PQgetisnull(result, row, Int32(column)) == 1
        }
    }
}

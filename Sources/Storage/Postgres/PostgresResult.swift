import CLibPQ

/// A result of libpq that is freed with its last reference. Stays on its connection's thread.
///
/// An optimized build frees it after its last mention, so the pointer is used only where ``withPointer(_:)`` holds it.
final class PostgresResult {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit { PQclear(pointer) }

    /// Rows inserted, changed or deleted; 0 for a SELECT, whose count libpq would give as well.
    var changedRows: Int {
        guard !commandTag.hasPrefix("SELECT") else { return 0 }
        return withPointer { Int(String(cString: PQcmdTuples($0))) ?? 0 }
    }

    /// `COMMIT`, `ROLLBACK`, `INSERT 0 5`.
    var commandTag: String { withPointer { String(cString: PQcmdStatus($0)) } }

    var rowCount: Int { withPointer { Int(PQntuples($0)) } }

    var succeeded: Bool {
        switch withPointer({ PQresultStatus($0) }) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: true
        default: false
        }
    }

    /// Reads one row, which is valid within `decode`.
    func read<T>(row index: Int, _ decode: (Row) throws -> T) rethrows -> T {
        try withPointer { try decode(Row(source: .postgres($0, row: Int32(index)))) }
    }

    /// Parts of an error. libpq's names for them are character macros, which Swift does not import.
    enum ErrorField: Character {
        case sqlState = "C"
        /// Not translated.
        case severity = "V"
        case primaryMessage = "M"
    }

    /// A part of the error that this result is, nil when the server or libpq did not give it.
    func errorField(_ field: ErrorField) -> String? {
        withPointer { pointer in
            PQresultErrorField(pointer, Int32(field.rawValue.asciiValue ?? 0)).map { String(cString: $0) }
        }
    }

    private func withPointer<T>(_ body: (OpaquePointer) throws -> T) rethrows -> T {
        try withExtendedLifetime(self) { try body(pointer) }
    }
}

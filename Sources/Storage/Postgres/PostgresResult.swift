import CLibPQ

/// A result of libpq that is freed with its last reference. Stays on its connection's thread.
final class PostgresResult {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit { PQclear(pointer) }

    /// Rows inserted, changed or deleted; 0 for a SELECT, whose count libpq would give as well.
    var changedRows: Int {
        guard !commandTag.hasPrefix("SELECT") else { return 0 }
        return Int(String(cString: PQcmdTuples(pointer))) ?? 0
    }

    /// `COMMIT`, `ROLLBACK`, `INSERT 0 5`.
    var commandTag: String { String(cString: PQcmdStatus(pointer)) }

    var rowCount: Int { Int(PQntuples(pointer)) }

    /// Reads one row. The row points into this result, which an optimized build would otherwise free after the last
    /// mention of it, before the row is read.
    func read<T>(row index: Int, _ decode: (Row) throws -> T) rethrows -> T {
        try withExtendedLifetime(self) { try decode(Row(source: .postgres(pointer, row: Int32(index)))) }
    }

    var succeeded: Bool {
        switch PQresultStatus(pointer) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: true
        default: false
        }
    }
}

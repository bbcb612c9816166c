import Storage

/// Deletes abandoned generations in pieces, so that nobody waits for it. Interrupted, it goes on where it was.
enum DropGeneration {
    /// Rows per transaction.
    static let piece = 250

    /// Rows that nobody will ever see: those of one generation with ids above one and up to another.
    struct Rows: Sendable {
        let generation: Int64
        let above: Int64
        let lastID: Int64
    }

    /// Tables whose rows belong to a generation.
    enum Table: CaseIterable, Sendable {
        case stanzas, files, problems
    }

    /// All rows of the next one to delete; nil when there is none.
    static func next(on connection: any Connection) throws -> Rows? {
        try connection.row("SELECT id, last_id FROM run_generations WHERE state = 'abandoned' ORDER BY id LIMIT 1") { row in
            Rows(generation: row.int(0), above: row.int(0), lastID: row.int(1))
        }
    }

    /// Deletes some rows with ids above `id`. The plus sign keeps the planner on the primary key, whose order is needed.
    /// - Returns: the highest id deleted, to go on from; nil when nothing is left.
    static func dropRows(
        of rows: Rows, in table: Table, above id: Int64, on connection: any Connection
    ) throws -> Int64? {
        let range: SQL = "+generation = \(rows.generation) AND id > \(id) AND id <= \(rows.lastID) ORDER BY id LIMIT \(piece)"
        let deleted =
            switch table {
            case .stanzas:
                try connection.rows("DELETE FROM stanzas WHERE id IN (SELECT id FROM stanzas WHERE \(fragment: range)) RETURNING id") {
                    $0.int(0)
                }
            case .files:
                try connection.rows("DELETE FROM run_files WHERE id IN (SELECT id FROM run_files WHERE \(fragment: range)) RETURNING id") {
                    $0.int(0)
                }
            case .problems:
                try connection.rows(
                    "DELETE FROM run_problems WHERE id IN (SELECT id FROM run_problems WHERE \(fragment: range)) RETURNING id"
                ) { $0.int(0) }
            }
        return deleted.max()
    }

    /// Forgets a generation whose rows are gone.
    static func drop(_ generation: Int64, on connection: any Connection) throws {
        try connection.execute("DELETE FROM run_generations WHERE id = \(generation) AND state = 'abandoned'")
    }
}

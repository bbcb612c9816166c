import Storage

/// Deletes abandoned generations in pieces, so that nobody waits for it. Interrupted, it goes on where it was.
enum DropGeneration {
    /// Rows per transaction.
    static let piece = 250
    /// Names of stanzas or keys of files per transaction: they lie together.
    static let namesPiece = 2_000

    /// Rows that nobody will ever see: those of one generation with ids above one and up to another, the names of its
    /// stanzas from one segment on, and all keys of its files.
    struct Rows: Sendable {
        let generation: Int64
        let above: Int64
        let lastID: Int64
        let fromSegment: Int64
    }

    /// Tables whose rows belong to a generation.
    enum Table: CaseIterable, Sendable {
        case stanzas, files, problems
    }

    /// All rows of the next one to delete; nil when there is none.
    static func next(on connection: any Connection) throws -> Rows? {
        try connection.row("SELECT id, last_id FROM run_generations WHERE state = 'abandoned' ORDER BY id LIMIT 1") { row in
            Rows(generation: row.int(0), above: row.int(0), lastID: row.int(1), fromSegment: 0)
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

    /// Deletes some keys of files.
    /// - Returns: false when none is left.
    @Sendable static func dropKeys(of rows: Rows, on connection: any Connection) throws -> Bool {
        let deleted = try connection.rows(
            """
            DELETE FROM file_keys WHERE generation = \(rows.generation) AND (kind, hash, file_id) IN (
                SELECT k.kind, k.hash, k.file_id FROM file_keys AS k WHERE k.generation = \(rows.generation)
                ORDER BY k.kind, k.hash, k.file_id LIMIT \(namesPiece))
            RETURNING kind
            """
        ) { $0.int(0) }
        return deleted.count == namesPiece
    }

    /// Deletes some names of stanzas, those of one segment at most; equal ones go together.
    /// - Returns: false when none is left.
    @Sendable static func dropNames(of rows: Rows, on connection: any Connection) throws -> Bool {
        guard let segment = try firstSegment(of: rows, connection) else { return false }
        try connection.execute(
            """
            DELETE FROM stanza_names
            WHERE generation = \(rows.generation) AND segment = \(segment) AND name_hash <= COALESCE((
                SELECT n.name_hash FROM stanza_names AS n WHERE n.generation = \(rows.generation) AND n.segment = \(segment)
                ORDER BY n.name_hash LIMIT 1 OFFSET \(namesPiece)), \(Int64.max))
            """)
        return true
    }

    private static func firstSegment(of rows: Rows, _ connection: any Connection) throws -> Int64? {
        try connection.row(
            """
            SELECT segment FROM stanza_names WHERE generation = \(rows.generation) AND segment >= \(rows.fromSegment)
            ORDER BY segment LIMIT 1
            """
        ) { $0.int(0) }
    }

    /// Forgets a generation whose rows are gone.
    static func drop(_ generation: Int64, on connection: any Connection) throws {
        try connection.execute("DELETE FROM run_generations WHERE id = \(generation) AND state = 'abandoned'")
    }
}

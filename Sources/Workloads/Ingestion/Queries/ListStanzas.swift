import Storage

/// A stanza of a result, without what its file says.
struct StanzaDetail: Sendable {
    let id: Int64
    let fileID: Int64
    let name: String
    let line: Int64
    /// JSON array of `{key, value, line}`, as it stands in the file: secrets are masked by whoever shows it.
    let settings: String
}

/// One page of stanzas.
struct StanzaPage: Sendable {
    var stanzas: [StanzaDetail] = []
    /// Their files, by id.
    var files: [Int64: FileDetail] = [:]
    var hasMore = false
}

/// Lists the stanzas of a result in the order of the archive. The caller has read the result for its tenant.
///
/// Three ways to the rows, each in the order of the ids, none with a sort: by name through the names of each segment; with nothing asked
/// for through the primary key; else through the files, which are few, and the ranges of ids that their stanzas have. What
/// a page costs goes with the page and not with the result [2,000,000 stanzas].
enum ListStanzas {
    /// Bytes of settings in one page; the first stanza is always given. A stanza may have megabytes.
    static let mostBytes = 8 << 20

    static func page(
        _ result: ReadRuns.Result, _ filter: ConfFilter, after lastID: Int64, limit: Int, on connection: any Connection
    ) throws -> StanzaPage {
        var reader = StanzaReader(after: max(lastID, result.generation), limit: limit)
        if let name = filter.name, filter.path == nil {
            try readNamed(name, result, filter, &reader, connection)
        } else if filter.concernsFiles {
            try StanzasOfFiles.read(result, filter, &reader, connection)
        } else {
            try readAll(result, &reader, connection)
        }
        let files = try ListFiles.files(Set(reader.page.stanzas.map(\.fileID)), of: result, on: connection)
        reader.page.files = files
        return reader.page
    }

    private static func readNamed(
        _ name: String, _ result: ReadRuns.Result, _ filter: ConfFilter, _ reader: inout StanzaReader, _ connection: any Connection
    ) throws {
        let type: SQL = if let type = filter.confType { " AND n.conf_type_hash = \(TextHash.of(type))" } else { "" }
        // Segment by segment, which is in the order of the ids: the index gives each one's rows in that order as well.
        let first = try segment(of: reader.after, result, connection)
        for segment in stride(from: first, through: result.lastSegment, by: 1) where reader.missing > 0 {
            try reader.read(
                """
                SELECT \(fragment: StanzaReader.columns)
                FROM stanza_names AS n CROSS JOIN stanzas AS s CROSS JOIN run_files AS f
                WHERE n.generation = \(result.generation) AND n.segment = \(segment) AND n.name_hash = \(TextHash.of(name))
                    AND n.stanza_id > \(reader.after)\(fragment: type) AND s.id = n.stanza_id
                    AND s.name = \(name) AND f.id = s.file_id\(fragment: ListFiles.fileConditions(filter))
                ORDER BY n.stanza_id LIMIT \(reader.missing)
                """, connection)
        }
    }

    /// Where a page goes on. 0 when there is no such stanza: then it begins at the start, which is slower and no less right.
    private static func segment(of stanza: Int64, _ result: ReadRuns.Result, _ connection: any Connection) throws -> Int64 {
        guard stanza > 0 else { return 0 }
        return try connection.row("SELECT segment FROM stanzas WHERE id = \(stanza) AND +generation = \(result.generation)") { $0.int(0) }
            ?? 0
    }

    private static func readAll(_ result: ReadRuns.Result, _ reader: inout StanzaReader, _ connection: any Connection) throws {
        try reader.read(
            """
            SELECT \(fragment: StanzaReader.columns) FROM stanzas AS s
            WHERE +s.generation = \(result.generation) AND s.id > \(reader.after) AND s.id <= \(result.lastID)
            ORDER BY s.id LIMIT \(reader.missing)
            """, connection)
    }
}

/// Collects the stanzas of one page over several statements.
struct StanzaReader {
    static let columns: SQL = "s.id, s.file_id, s.name, s.line, s.settings"

    private(set) var after: Int64
    private let limit: Int
    private var bytes = 0
    var page = StanzaPage()

    init(after: Int64, limit: Int) {
        self.after = after
        self.limit = limit
    }

    /// Rows still to read: one more than the page holds shows whether there is a next one. 0 when it is full.
    var missing: Int { page.hasMore ? 0 : limit + 1 - page.stanzas.count }

    mutating func read(_ sql: SQL, _ connection: any Connection) throws {
        var bytes = bytes
        var isFull = false
        let room = limit - page.stanzas.count
        var taken = 0
        let rows = try connection.rows(sql) { row -> StanzaDetail? in
            // What does not fit is not even copied.
            guard !isFull, taken < room, bytes == 0 || bytes < ListStanzas.mostBytes else {
                isFull = true
                return nil
            }
            let settings = row.text(4)
            taken += 1
            bytes += settings.utf8.count
            return StanzaDetail(id: row.int(0), fileID: row.int(1), name: row.text(2), line: row.int(3), settings: settings)
        }
        self.bytes = bytes
        page.stanzas += rows.compactMap(\.self)
        page.hasMore = isFull
        if let last = page.stanzas.last { after = last.id }
    }
}

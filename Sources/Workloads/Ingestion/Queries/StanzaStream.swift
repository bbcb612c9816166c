import Storage

/// The stanzas of one file in byte order of their names, namesakes in the order of the file. Holds a bounded part of them.
struct StanzaStream {
    struct Stanza: Sendable {
        let id: Int64
        let name: ExactText
        let line: Int64
        /// As stored: JSON array of `{key, value, line}`.
        let settings: String
    }

    /// Stanzas read at once, unless they hold more than ``bytesAtOnce``. A file with more is sorted once for each part.
    private static let stanzasAtOnce = 20_000
    private static let bytesAtOnce = 8 << 20

    let file: FileDetail
    private let result: ReadRuns.Result
    private let from: ExactText?
    private var buffer: ArraySlice<Stanza> = []
    private var last: Stanza?
    private var isAtEnd: Bool
    /// Stanzas read so far.
    private(set) var readCount = 0

    /// - Parameter name: leaves out stanzas whose names come before this one.
    init(_ file: FileDetail, _ result: ReadRuns.Result, from name: ExactText?) {
        self.file = file
        self.result = result
        from = name
        isAtEnd = file.stanzaCount == 0
    }

    /// The next stanza, which stays the next; nil at the end.
    mutating func peek(_ connection: any Connection) throws -> Stanza? {
        if buffer.isEmpty && !isAtEnd { try fill(connection) }
        return buffer.first
    }

    /// Passes the stanza that ``peek(_:)`` has shown.
    mutating func advance() {
        last = buffer.popFirst() ?? last
    }

    /// The stanzas of a file in their own order, to compare two files that are probably the same.
    static func inOrder(_ file: FileDetail, _ result: ReadRuns.Result, on connection: any Connection) throws -> [Stanza] {
        try connection.rows(
            "SELECT \(fragment: columns) WHERE \(fragment: range(file, result)) ORDER BY s.id", Self.stanza)
    }

    private mutating func fill(_ connection: any Connection) throws {
        var bytes = 0
        var isCut = false
        let rows = try connection.rows(
            """
            SELECT \(fragment: Self.columns)
            WHERE \(fragment: Self.range(file, result))\(fragment: after)
            ORDER BY \(fragment: Self.name), s.id LIMIT \(Self.stanzasAtOnce)
            """
        ) { row -> Stanza? in
            isCut = isCut || bytes > Self.bytesAtOnce
            if isCut { return nil }
            let stanza = Self.stanza(row)
            bytes += stanza.settings.utf8.count
            return stanza
        }
        isAtEnd = rows.count < Self.stanzasAtOnce && !isCut
        buffer = rows.compactMap(\.self)[...]
        readCount += rows.count
    }

    private var after: SQL {
        if let last {
            return " AND (\(fragment: Self.name) > \(last.name.text) OR (s.name = \(last.name.text) AND s.id > \(last.id)))"
        }
        return if let from { " AND \(fragment: Self.name) >= \(from.text)" } else { "" }
    }

    private static let columns: SQL = "s.id, s.name, s.line, s.settings FROM stanzas AS s"
    /// Sorts by its bytes on both databases.
    private static let name: SQL = "s.name\(sqlite: "", postgres: " COLLATE \"C\"")"

    private static func range(_ file: FileDetail, _ result: ReadRuns.Result) -> SQL {
        """
        +s.generation = \(result.generation) AND s.id >= \(file.firstStanza) AND s.id <= \(file.lastStanza) AND s.file_id = \(file.id)
        """
    }

    private static func stanza(_ row: Row) -> Stanza {
        Stanza(id: row.int(0), name: ExactText(row.text(1)), line: row.int(2), settings: row.text(3))
    }
}

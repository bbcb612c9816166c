import Storage

/// Writes the rows of one generation in pieces, one piece in flight while the next is filled, so that parsing and writing overlap
/// and memory stays bounded. Each piece takes along how far the generation is whole.
///
/// Owned by one attempt. ``drain()`` before it is let go, however the attempt ends. Never more than one write at a time: a
/// piece that is lost must not have a later one behind it, or the cursor would claim what is not there.
struct GenerationWriter {
    /// Ids taken at once. Unused ones are lost, which costs nothing.
    static let idBlock = 4096

    /// The hold has ended: another attempt has begun, or the run is gone.
    struct Abandoned: Error {}

    private let database: any Database
    private let hold: GenerationHold
    private var ids: ArraySlice<Int64>
    private var lastID: Int64
    private var rows = ParsedRows()
    private var names: UnwrittenNames
    private var cursor: ParseCursor
    private var inFlight: Task<Bool, any Error>?

    /// - Parameters:
    ///   - ids: the first ids to use, ascending.
    ///   - cursor: how far the generation is whole before the first row.
    ///   - names: those of stanzas up to the cursor that are not stored.
    init(database: any Database, hold: GenerationHold, ids: [Int64], cursor: ParseCursor, names: UnwrittenNames) {
        self.database = database
        self.hold = hold
        self.ids = ids[...]
        self.cursor = cursor
        self.names = names
        lastID = cursor.wholeID
    }

    /// Makes room for one more row; true when that sent a piece on its way.
    /// - Throws: ``Abandoned``, or what the database says about the piece before.
    @inline(__always)
    mutating func makeRoom() async throws -> Bool {
        if ids.isEmpty { try await takeIDs() }
        guard rows.isFull else { return false }
        try await send()
        return true
    }

    /// The next id. Only after ``makeRoom()``; ids ascend in the order of the archive.
    mutating func nextID() -> Int64 {
        lastID = ids.removeFirst()
        return lastID
    }

    mutating func append(_ stanza: ParsedStanza, confTypeHash: Int64) {
        rows.append(stanza)
        let name = StanzaName(hash: TextHash.of(stanza.stanza.name), stanza: stanza.id, confTypeHash: confTypeHash)
        names.append(name, segment: stanza.segment)
    }

    mutating func append(_ file: ParsedFile) { rows.append(file) }
    mutating func append(_ problem: ParsedProblem) { rows.append(problem) }

    /// Says that all rows of the archive's members up to this one were appended.
    mutating func mark(member: Int, _ summary: RunSummary) {
        cursor.member = member
        cursor.wholeID = lastID
        cursor.summary = summary
    }

    /// Writes what is left and waits for all of it.
    mutating func finish() async throws {
        if rows.count > 0 { try await send() }
        names.close()
        while names.hasFull { try await send() }
        try await settle()
    }

    /// Waits for a piece in flight, whatever became of it.
    mutating func drain() async {
        _ = await inFlight?.result
        inFlight = nil
    }

    private mutating func takeIDs() async throws {
        ids = try await database.write(.staging) { try $0.allocateIDs(Self.idBlock) }[...]
    }

    private mutating func send() async throws {
        let bunch = names.take(rows.count > 0 ? UnwrittenNames.besideStanzas : UnwrittenNames.alone)
        cursor.namedSegments = names.firstUnwritten
        let piece = WriteRows.Piece(rows, names: bunch, cursor: cursor)
        rows = ParsedRows()
        try await settle()
        // Not a child task: it must not be cancelled with the attempt, and the handle is kept and awaited.
        inFlight = Task { [database, hold] in
            try await database.write(.staging) { try WriteRows.write(piece, hold, on: $0) }
        }
    }

    private mutating func settle() async throws {
        guard let writing = inFlight else { return }
        inFlight = nil
        guard try await writing.value else { throw Abandoned() }
    }
}

import Storage

/// Writes the rows of one generation in pieces, one piece in flight while the next is filled, so that parsing and writing overlap
/// and memory stays bounded.
///
/// Owned by one attempt. ``drain()`` before it is let go, however the attempt ends.
struct GenerationWriter {
    /// Ids taken at once. Unused ones are lost, which costs nothing.
    static let idBlock = 4096

    /// The generation was abandoned: another attempt has begun, or the run is gone.
    struct Abandoned: Error {}

    private let database: any Database
    private let generation: Int64
    private var ids: ArraySlice<Int64>
    private var rows = ParsedRows()
    private var inFlight: Task<Bool, any Error>?

    /// - Parameter ids: the first ids to use, ascending.
    init(database: any Database, generation: Int64, ids: [Int64]) {
        self.database = database
        self.generation = generation
        self.ids = ids[...]
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

    /// The next id. Only after ``makeRoom()``; ids ascend in the order of the file.
    mutating func nextID() -> Int64 { ids.removeFirst() }

    mutating func append(_ stanza: ParsedStanza) { rows.append(stanza) }
    mutating func append(_ file: ParsedFile) { rows.append(file) }
    mutating func append(_ problem: ParsedProblem) { rows.append(problem) }

    /// Writes what is left and waits for all of it.
    mutating func finish() async throws {
        if rows.count > 0 { try await send() }
        try await settle()
    }

    /// Waits for a piece in flight, whatever became of it.
    mutating func drain() async {
        _ = await inFlight?.result
        inFlight = nil
    }

    private mutating func takeIDs() async throws {
        ids = try await database.write(.bulk) { try $0.allocateIDs(Self.idBlock) }[...]
    }

    private mutating func send() async throws {
        try await settle()
        let piece = rows
        rows = ParsedRows()
        // Not a child task: it must not be cancelled with the attempt, and the handle is kept and awaited.
        inFlight = Task { [database, generation] in
            try await database.write(.bulk) { try WriteRows.write(piece, generation: generation, on: $0) }
        }
    }

    private mutating func settle() async throws {
        guard let writing = inFlight else { return }
        inFlight = nil
        guard try await writing.value else { throw Abandoned() }
    }
}

import Storage

/// Begins an attempt at a run: takes over what the attempt before it has stored, or begins a new generation. Nobody sees
/// either before ``ShowGeneration``.
///
/// A generation is taken over when the same task wrote it, reading the same way (program version and limits; the bytes are
/// the upload's, which never change). From the commit on the attempt before, should it only seem dead, can write no more:
/// every write names its ``GenerationHold``, and the generation has another holder. A write of it that is under way locks
/// the generation's row, so the cursor that is read here is the last. So two attempts never mix.
///
/// Dying before the commit leaves all as it was; after it, the next attempt takes over in the same way.
enum BeginGeneration {
    /// What the attempt is to read, and from where.
    struct Begun: Sendable {
        let hold: GenerationHold
        /// The first ids for its rows, ascending.
        let ids: [Int64]
        /// What is stored already; nil when there is nothing.
        let cursor: ParseCursor?
        /// Rows behind the cursor, to be deleted before the first is written; nil in a new generation.
        let partial: DropGeneration.Rows?
        let blob: BlobKey
        let filename: String
        let type: UploadType
    }

    enum Result: Sendable {
        case begun(Begun)
        /// The tenant has no such run (any more).
        case unknownRun
        /// Another task reads this run.
        case superseded(by: Int64)
    }

    /// - Parameters:
    ///   - reading: how the attempt reads: the program's version and its limits in one text.
    ///   - idCount: ids to begin with.
    static func begin(
        run: Int64, task: Int64, tenant: String, reading: String, idCount: Int, now: Int64, on connection: any Connection
    ) throws -> Result {
        let owner = try connection.row(
            "SELECT task_id FROM runs WHERE id = \(run) AND tenant = \(tenant)\(lock: .update)"
        ) { $0.int(0) }
        guard let owner else { return .unknownRun }
        guard owner == task else { return .superseded(by: owner) }
        guard let upload = try upload(ofRun: run, connection) else { return .unknownRun }
        let ids = try connection.allocateIDs(idCount + 2)
        let former = try takeOver(run: run, task: task, reading: reading, token: ids[0], connection)
        if former == nil {
            try abandonFormer(run, connection)
            try insert(ids[1], run: run, task: task, reading: reading, token: ids[0], connection)
        }
        try markParsing(run, now: now, connection)
        return .begun(
            Begun(
                hold: GenerationHold(generation: former?.rows.generation ?? ids[1], token: ids[0]), ids: Array(ids.dropFirst(2)),
                cursor: former?.cursor, partial: former?.rows, blob: BlobKey(tenant: tenant, sha256: upload.sha256),
                filename: upload.filename, type: upload.type))
    }

    private static func upload(
        ofRun run: Int64, _ connection: any Connection
    ) throws -> (sha256: String, filename: String, type: UploadType)? {
        try connection.row(
            "SELECT u.sha256, u.filename, u.type FROM runs AS r JOIN uploads AS u ON u.id = r.upload_id WHERE r.id = \(run)"
        ) { row in
            guard let type = UploadType(rawValue: row.text(2)) else { throw StorageError(.corrupt, "unknown upload type \(row.text(2))") }
            return (row.text(0), row.text(1), type)
        }
    }

    /// Makes the attempt the holder of what the one before it wrote. A run has at most one generation that is being written.
    private static func takeOver(
        run: Int64, task: Int64, reading: String, token: Int64, _ connection: any Connection
    ) throws -> (rows: DropGeneration.Rows, cursor: ParseCursor?)? {
        try connection.row(
            """
            UPDATE run_generations SET writer = \(token)
            WHERE run_id = \(run) AND task_id = \(task) AND state = 'writing' AND reading = \(reading)
            RETURNING id, last_id, whole_id, last_member, counts, named_segments
            """
        ) { row in
            guard row.int(3) > 0, let summary = row.textOrNil(4).flatMap(RunSummary.init(json:)) else {
                // No member is whole.
                return (DropGeneration.Rows(generation: row.int(0), above: row.int(0), lastID: row.int(1), fromSegment: 0), nil)
            }
            let cursor = ParseCursor(member: Int(row.int(3)), wholeID: row.int(2), summary: summary, namedSegments: row.int(5))
            let partial = DropGeneration.Rows(
                generation: row.int(0), above: cursor.wholeID, lastID: row.int(1), fromSegment: cursor.firstUnnamed)
            return (partial, cursor)
        }
    }

    private static func abandonFormer(_ run: Int64, _ connection: any Connection) throws {
        try connection.execute("UPDATE run_generations SET state = 'abandoned' WHERE run_id = \(run) AND state = 'writing'")
    }

    private static func insert(
        _ generation: Int64, run: Int64, task: Int64, reading: String, token: Int64, _ connection: any Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO run_generations (id, run_id, task_id, state, last_id, writer, reading, whole_id)
            VALUES (\(generation), \(run), \(task), 'writing', \(generation), \(token), \(reading), \(generation))
            """)
    }

    private static func markParsing(_ run: Int64, now: Int64, _ connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE runs SET status = 'parsing', started_at = \(now), finished_at = NULL, error_code = NULL, error_message = NULL
            WHERE id = \(run)
            """)
    }
}

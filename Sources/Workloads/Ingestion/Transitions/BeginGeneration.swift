import Storage

/// Begins an attempt at a run: a new generation, which nobody sees before ``ShowGeneration``.
///
/// What earlier attempts of the run have written is abandoned in the same transaction, and they can write no more: every
/// write names its generation and is refused once that is not `writing`. So two attempts at once, of which one only seems
/// to be dead, never mix.
enum BeginGeneration {
    /// What the attempt is to read.
    struct Begun: Sendable {
        let generation: Int64
        /// The first ids for its rows, ascending.
        let ids: [Int64]
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

    /// - Parameter idCount: ids to begin with.
    static func begin(run: Int64, task: Int64, tenant: String, idCount: Int, now: Int64, on connection: any Connection) throws -> Result {
        let owner = try connection.row(
            "SELECT task_id FROM runs WHERE id = \(run) AND tenant = \(tenant)\(lock: .update)"
        ) { $0.int(0) }
        guard let owner else { return .unknownRun }
        guard owner == task else { return .superseded(by: owner) }
        guard let upload = try upload(ofRun: run, connection) else { return .unknownRun }
        let ids = try connection.allocateIDs(idCount + 1)
        try abandonFormer(run, connection)
        try insert(ids[0], run: run, task: task, connection)
        try markParsing(run, now: now, connection)
        return .begun(
            Begun(
                generation: ids[0], ids: Array(ids.dropFirst()), blob: BlobKey(tenant: tenant, sha256: upload.sha256),
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

    private static func abandonFormer(_ run: Int64, _ connection: any Connection) throws {
        try connection.execute("UPDATE run_generations SET state = 'abandoned' WHERE run_id = \(run) AND state = 'writing'")
    }

    private static func insert(_ generation: Int64, run: Int64, task: Int64, _ connection: any Connection) throws {
        try connection.execute(
            """
            INSERT INTO run_generations (id, run_id, task_id, state, last_id)
            VALUES (\(generation), \(run), \(task), 'writing', \(generation))
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

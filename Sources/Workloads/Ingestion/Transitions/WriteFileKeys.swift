import Storage

/// Writes what the files of a generation are found by, once all of its rows are stored and before it is shown.
///
/// Interrupted, the next attempt deletes what is there and writes them anew: nobody reads keys of what is not shown.
enum WriteFileKeys {
    /// Keys in a transaction: about 2 ms of the writer's time.
    static let piece = 1_000

    /// - Returns: false when the hold has ended: nothing was written, and the attempt must end.
    static func write(
        _ entries: ArraySlice<StoredFileKeys.Entry>, _ kind: FileKey.Kind, _ hold: GenerationHold, on connection: any Connection
    ) throws -> Bool {
        guard try isHeld(hold, connection) else { return false }
        var rows = RowSet([.bigint("hash"), .bigint("file_id")], capacity: entries.count)
        for entry in entries { rows.append([.int(entry.hash), .int(entry.file)]) }
        try connection.forEach(
            rows,
            """
            INSERT INTO file_keys (generation, kind, hash, file_id)
            SELECT \(hold.generation), \(kind.rawValue), r.hash, r.file_id FROM \(rows, as: "r")
            """)
        return true
    }

    /// Locks the row: an attempt that takes over waits until these keys are there, and deletes them.
    private static func isHeld(_ hold: GenerationHold, _ connection: any Connection) throws -> Bool {
        try connection.row(
            """
            SELECT 1 FROM run_generations
            WHERE id = \(hold.generation) AND state = 'writing' AND writer = \(hold.token)\(lock: .update)
            """
        ) { _ in true } ?? false
    }
}

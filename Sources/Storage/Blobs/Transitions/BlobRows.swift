/// The rows of `blobs`. A row is committed before its file is put in place and deleted after (or with) the file, so that a
/// file without a row is nobody's, and a row in state `live` with references has its file.
enum BlobRows {
    /// Says that a file of these bytes is about to be put in place: makes the row, or keeps an unused one from being removed.
    ///
    /// After the commit nobody removes the file until ``use(_:now:on:)`` or ``unhold(_:on:)``, or until the hold is forgotten. A row that
    /// was about to be removed lives again: removal happens in one transaction, so its file is either untouched or replaced.
    static func hold(_ key: BlobKey, size: Int64, now: Int64, on connection: any Connection) throws {
        try connection.execute(
            """
            INSERT INTO blobs (tenant, sha256, size, state, refs, holds, held_at)
            VALUES (\(key.tenant), \(key.sha256), \(size), 'live', 0, 1, \(now))
            ON CONFLICT (tenant, sha256) DO UPDATE SET state = 'live', holds = blobs.holds + 1, held_at = excluded.held_at
            """)
    }

    /// Turns a hold into a reference.
    /// - Returns: false when the hold was forgotten and the file may be gone.
    static func use(_ key: BlobKey, now: Int64, on connection: any Connection) throws -> Bool {
        try connection.execute(
            """
            UPDATE blobs SET refs = refs + 1, holds = holds - 1, held_at = \(now)
            WHERE tenant = \(key.tenant) AND sha256 = \(key.sha256) AND state = 'live' AND holds > 0
            """) == 1
    }

    /// Ends a hold that led to nothing.
    static func unhold(_ key: BlobKey, on connection: any Connection) throws {
        try connection.execute(
            "UPDATE blobs SET holds = holds - 1 WHERE tenant = \(key.tenant) AND sha256 = \(key.sha256) AND holds > 0")
    }

    /// Ends a reference. The last one marks the file for removal.
    static func release(_ key: BlobKey, on connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE blobs SET refs = refs - 1, state = CASE WHEN refs = 1 AND holds = 0 THEN 'deleting' ELSE state END
            WHERE tenant = \(key.tenant) AND sha256 = \(key.sha256) AND refs > 0
            """)
    }

    /// Marks files that nobody refers to. Holds from before `heldBefore` belong to uploads that have died.
    static func markUnused(heldBefore: Int64, on connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE blobs SET state = 'deleting', holds = 0
            WHERE refs = 0 AND state = 'live' AND (holds = 0 OR held_at < \(heldBefore))
            """)
    }

    /// Files to be removed, at most `limit`.
    static func marked(limit: Int, on connection: any Connection) throws -> [BlobKey] {
        try connection.rows("SELECT tenant, sha256 FROM blobs WHERE refs = 0 AND state = 'deleting' LIMIT \(limit)") { row in
            BlobKey(tenant: row.text(0), sha256: row.text(1))
        }
    }

    /// Locks the row of a file to be removed.
    /// - Returns: false when somebody wants the file again, or has removed it.
    static func lockMarked(_ key: BlobKey, on connection: any Connection) throws -> Bool {
        try connection.row(
            "SELECT state FROM blobs WHERE tenant = \(key.tenant) AND sha256 = \(key.sha256)\(lock: .update)"
        ) { $0.text(0) } == "deleting"
    }

    static func delete(_ key: BlobKey, on connection: any Connection) throws {
        try connection.execute("DELETE FROM blobs WHERE tenant = \(key.tenant) AND sha256 = \(key.sha256)")
    }

    /// Those of a tenant's files that have a row.
    static func known(_ hashes: [String], tenant: String, on connection: any Connection) throws -> Set<String> {
        var set = RowSet([.text("sha256")], capacity: hashes.count)
        for hash in hashes { set.append([.text(hash)]) }
        let known = try connection.rows(
            "SELECT b.sha256 FROM \(set, as: "r") JOIN blobs AS b ON b.tenant = \(tenant) AND b.sha256 = r.sha256"
        ) { $0.text(0) }
        return Set(known)
    }

    /// Gives files without a row one that marks them for removal. One that got a row meanwhile keeps it.
    static func mark(_ hashes: [String], tenant: String, now: Int64, on connection: any Connection) throws {
        var set = RowSet([.text("sha256")], capacity: hashes.count)
        for hash in hashes { set.append([.text(hash)]) }
        try connection.forEach(
            set,
            """
            INSERT INTO blobs (tenant, sha256, size, state, refs, holds, held_at)
            SELECT \(tenant), r.sha256, 0, 'deleting', 0, 0, \(now) FROM \(set, as: "r") WHERE true
            ON CONFLICT (tenant, sha256) DO NOTHING
            """)
    }
}

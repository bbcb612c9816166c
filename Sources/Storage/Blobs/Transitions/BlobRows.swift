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

    /// Ends references of which there are many, each of `keys` one. The rows are locked in the order of their keys first: two
    /// callers may end references to the same files.
    static func release(_ keys: [BlobKey], on connection: any Connection) throws {
        var counts: [BlobKey: Int64] = [:]
        for key in keys { counts[key, default: 0] += 1 }
        guard !counts.isEmpty else { return }
        var rows = RowSet([.text("tenant"), .text("sha256"), .bigint("ended")], capacity: counts.count)
        for (key, count) in counts { rows.append([.text(key.tenant), .text(key.sha256), .int(count)]) }
        if connection.dialect == .postgres {
            _ = try connection.rows(
                """
                SELECT 1 FROM blobs AS b WHERE (b.tenant, b.sha256) IN (SELECT r.tenant, r.sha256 FROM \(rows, as: "r"))
                ORDER BY b.tenant, b.sha256\(lock: .update)
                """
            ) { _ in }
        }
        try connection.forEach(
            rows,
            """
            UPDATE blobs
            SET refs = refs - r.ended, state = CASE WHEN refs = r.ended AND holds = 0 THEN 'deleting' ELSE state END
            FROM \(rows, as: "r") WHERE blobs.tenant = r.tenant AND blobs.sha256 = r.sha256 AND refs >= r.ended
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

import Storage

/// Reads the names of the last stanzas that an attempt has stored, to be written with those of the next one.
enum StoredNames {
    /// In the order of the stanzas, with the segment of each.
    /// - Parameters:
    ///   - cursor: how far the generation is whole; the files of all these stanzas are stored.
    ///   - segment: the first that lacks names.
    static func read(
        _ generation: Int64, from segment: Int64, to cursor: ParseCursor, on connection: any Connection
    ) throws -> [(name: StanzaName, segment: Int64)] {
        let count = cursor.summary.stanzaCount - Int(segment) * StanzaSegment.size
        guard count > 0 else { return [] }
        return try connection.rows(
            """
            SELECT s.id, s.segment, s.name, f.conf_type_hash
            FROM (SELECT id, segment, name, file_id FROM stanzas
                WHERE \(plainColumn: "generation") = \(generation) AND id > \(generation) AND id <= \(cursor.wholeID)
                ORDER BY id DESC LIMIT \(count)) AS s
                JOIN run_files AS f ON f.id = s.file_id
            ORDER BY s.id
            """
        ) { row in
            (StanzaName(hash: TextHash.of(row.text(2)), stanza: row.int(0), confTypeHash: row.int(3)), row.int(1))
        }
    }
}

import Storage

/// Reads what the .meta files of live apps say about objects. The caller has read the result for its tenant.
enum ExportEntries {
    /// - Parameter names: stanza names as written in .meta files, each in all its spellings.
    static func read(_ names: Set<ExactText>, _ result: ReadRuns.Result, on connection: any Connection) throws -> [ExportRules.Entry] {
        var set = RowSet([.text("name"), .bigint("hash")], capacity: names.count)
        for name in names { set.append([.text(name.text), .int(TextHash.of(name.text))]) }
        guard !set.isEmpty else { return [] }
        return try connection.rows(
            """
            WITH RECURSIVE \(fragment: result.segments)
            SELECT s.id, s.name, s.settings, f.app, f.conf_type
            FROM \(set, as: "r") CROSS JOIN segments AS p
                CROSS JOIN stanza_names AS n CROSS JOIN stanzas AS s CROSS JOIN run_files AS f
            WHERE n.generation = \(result.generation) AND n.segment = p.segment AND n.name_hash = r.hash AND s.id = n.stanza_id
                AND n.conf_type_hash IN (\(TextHash.of("default")), \(TextHash.of("local")))
                AND s.name = r.name AND f.id = s.file_id AND f.scope = 'metadata' AND f.layer = 'app' AND f.tree IS NULL
            """
        ) { row in
            ExportRules.Entry(
                app: row.text(3), isLocal: row.text(4) == "local", id: row.int(0), name: row.text(1), settings: row.text(2))
        }
    }
}

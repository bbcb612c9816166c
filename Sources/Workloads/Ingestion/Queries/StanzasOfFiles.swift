import Storage

/// Reads stanzas through the files that they are in.
enum StanzasOfFiles {
    /// Where the stanzas of a file are.
    struct Range {
        /// The file's id.
        let id: Int64
        let first: Int64
        let last: Int64
    }

    /// Files looked up at once.
    static let filesAtOnce = 128
    /// Ids between the first and the last stanza that one statement may walk over: others' stanzas lie between those of two files.
    private static let widestRange: Int64 = 20_000

    static func read(
        _ result: ReadRuns.Result, _ filter: ConfFilter, _ reader: inout StanzaReader, _ connection: any Connection
    ) throws {
        // The page before may have ended inside a file, whose id is lower than its stanzas'.
        var lastFile = reader.after
        if let file = try ListFiles.last(result, filter, upTo: reader.after, on: connection), file.lastStanza > reader.after {
            try read([file.range], result, filter, &reader, connection)
        }
        while reader.missing > 0 {
            let files = try ListFiles.page(result, filter, after: lastFile, limit: filesAtOnce, on: connection)
            for group in groups(files.filter { $0.stanzaCount > 0 }.map(\.range)) where reader.missing > 0 {
                try read(group, result, filter, &reader, connection)
            }
            guard let last = files.last, files.count == filesAtOnce else { return }
            lastFile = last.id
        }
    }

    /// Files in order whose stanzas lie close together.
    static func groups(_ files: [Range]) -> [[Range]] {
        var groups: [[Range]] = []
        for file in files {
            if let first = groups.last?.first, file.last - first.first <= widestRange {
                groups[groups.count - 1].append(file)
            } else {
                groups.append([file])
            }
        }
        return groups
    }

    private static func read(
        _ files: [Range], _ result: ReadRuns.Result, _ filter: ConfFilter, _ reader: inout StanzaReader, _ connection: any Connection
    ) throws {
        guard let first = files.first, let last = files.last else { return }
        var set = RowSet([.bigint("id")], capacity: files.count)
        for file in files { set.append([.int(file.id)]) }
        let name: SQL = if let name = filter.name { " AND s.name = \(name)" } else { "" }
        try reader.read(
            """
            SELECT \(fragment: StanzaReader.columns) FROM stanzas AS s
            WHERE +s.generation = \(result.generation) AND s.id > \(max(reader.after, first.first - 1)) AND s.id <= \(last.last)
                AND s.file_id IN (SELECT r.id FROM \(set, as: "r"))\(fragment: name)
            ORDER BY s.id LIMIT \(reader.missing)
            """, connection)
    }
}

extension FileDetail {
    /// Where its stanzas are.
    fileprivate var range: StanzasOfFiles.Range { .init(id: id, first: firstStanza, last: lastStanza) }
}

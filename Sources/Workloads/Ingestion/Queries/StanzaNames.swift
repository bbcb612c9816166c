import Storage

/// Reads the names of the stanzas that a context merges, each once and in byte order. The caller has read the result for
/// its tenant.
///
/// No index has this order: a page reads the names of all stanzas of the type, through their files. It keeps no more than
/// the page.
enum StanzaNames {
    /// A name, and one of the stanzas that bear it.
    struct Entry: Sendable {
        let name: ExactText
        let id: Int64
    }

    /// - Parameter last: the last name of the page before; nil begins.
    static func page(
        confType: String, _ context: ConfContext, _ result: ReadRuns.Result, after last: ExactText?, limit: Int,
        on connection: any Connection
    ) throws -> [Entry] {
        var found: [ExactText: Int64] = [:]
        var lastFile = result.generation
        while true {
            let files = try files(confType, context, result, after: lastFile, connection)
            for group in StanzasOfFiles.groups(files) {
                for entry in try names(group, result, after: last, limit: limit, connection) where found[entry.name] == nil {
                    found[entry.name] = entry.id
                }
                if found.count > 4 * limit { found = cut(found, limit) }
            }
            guard let file = files.last, files.count == StanzasOfFiles.filesAtOnce else { break }
            lastFile = file.id
        }
        return cut(found, limit).map { Entry(name: $0.key, id: $0.value) }.sorted { $0.name < $1.name }
    }

    /// The name that a stanza of a result bears; nil when it is not there.
    static func name(of id: Int64, _ result: ReadRuns.Result, on connection: any Connection) throws -> ExactText? {
        try connection.row("SELECT s.name FROM stanzas AS s WHERE s.id = \(id) AND +s.generation = \(result.generation)") {
            ExactText($0.text(0))
        }
    }

    private static func cut(_ found: [ExactText: Int64], _ limit: Int) -> [ExactText: Int64] {
        guard found.count > limit else { return found }
        return Dictionary(uniqueKeysWithValues: found.sorted { $0.key < $1.key }.prefix(limit).map { ($0.key, $0.value) })
    }

    private static func files(
        _ confType: String, _ context: ConfContext, _ result: ReadRuns.Result, after lastID: Int64, _ connection: any Connection
    ) throws -> [StanzasOfFiles.Range] {
        try connection.rows(
            """
            SELECT f.id, f.first_stanza, f.last_stanza
            FROM file_keys AS k CROSS JOIN run_files AS f
            WHERE \(fragment: FileKey(.confType, confType).condition(result)) AND k.file_id > \(lastID) AND f.id = k.file_id
                AND f.conf_type = \(confType) AND f.stanza_count > 0 AND (f.scope IS NULL OR f.scope <> 'metadata')
                \(fragment: StanzaCopies.participants(context))
                AND (f.tree IS NULL OR f.tree IN (\(ConfContext.peerTrees[0]), \(ConfContext.peerTrees[1])))
            ORDER BY k.file_id LIMIT \(StanzasOfFiles.filesAtOnce)
            """
        ) { StanzasOfFiles.Range(id: $0.int(0), first: $0.int(1), last: $0.int(2)) }
    }

    private static func names(
        _ files: [StanzasOfFiles.Range], _ result: ReadRuns.Result, after last: ExactText?, limit: Int, _ connection: any Connection
    ) throws -> [Entry] {
        guard let from = files.first?.first, let to = files.last?.last else { return [] }
        var set = RowSet([.bigint("id")], capacity: files.count)
        for file in files { set.append([.int(file.id)]) }
        let name: SQL = "s.name\(sqlite: "", postgres: " COLLATE \"C\"")"
        let after: SQL = if let last { " AND \(fragment: name) > \(last.text)" } else { "" }
        return try connection.rows(
            """
            SELECT \(fragment: name), MIN(s.id) FROM stanzas AS s
            WHERE +s.generation = \(result.generation) AND s.id >= \(from) AND s.id <= \(to)
                AND s.file_id IN (SELECT r.id FROM \(set, as: "r"))\(fragment: after)
            GROUP BY 1 ORDER BY 1 LIMIT \(limit)
            """
        ) { Entry(name: ExactText($0.text(0)), id: $0.int(1)) }
    }
}

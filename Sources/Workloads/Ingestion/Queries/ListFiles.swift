import Storage

/// Lists the files of a result in the order of the archive. The caller has read the result for its tenant.
///
/// What a filter asks for exactly is found by the files' keys, which lie in the order of the files; the rest is read in the
/// order of the primary key.
enum ListFiles {
    /// - Parameter lastID: files with higher ids only.
    static func page(
        _ result: ReadRuns.Result, _ filter: ConfFilter, after lastID: Int64, limit: Int, on connection: any Connection
    ) throws -> [FileDetail] {
        let source = Source(result, filter)
        return try connection.rows(
            """
            SELECT \(fragment: FileDetail.columns) FROM \(fragment: source.tables)
            WHERE \(fragment: source.conditions)\(fragment: fileConditions(filter))
                AND \(fragment: source.id) > \(max(lastID, result.generation)) AND \(fragment: source.id) <= \(result.lastID)
            ORDER BY \(fragment: source.id) LIMIT \(limit)
            """, FileDetail.init)
    }

    /// The last file with an id of at most `id`; nil when there is none.
    static func last(
        _ result: ReadRuns.Result, _ filter: ConfFilter, upTo id: Int64, on connection: any Connection
    ) throws -> FileDetail? {
        let source = Source(result, filter)
        return try connection.row(
            """
            SELECT \(fragment: FileDetail.columns) FROM \(fragment: source.tables)
            WHERE \(fragment: source.conditions)\(fragment: fileConditions(filter))
                AND \(fragment: source.id) > \(result.generation) AND \(fragment: source.id) <= \(min(id, result.lastID))
            ORDER BY \(fragment: source.id) DESC LIMIT 1
            """, FileDetail.init)
    }

    /// Where the files that a filter may ask for are, and the column with their ids and order.
    private struct Source {
        let tables: SQL
        let conditions: SQL
        let id: SQL

        init(_ result: ReadRuns.Result, _ filter: ConfFilter) {
            if let key = filter.fileKey {
                tables = "file_keys AS k CROSS JOIN run_files AS f"
                conditions = "\(fragment: key.condition(result)) AND f.id = k.file_id"
                id = "k.file_id"
            } else {
                tables = "run_files AS f"
                conditions = "f.generation = \(result.generation)"
                id = "f.id"
            }
        }
    }

    /// Files by id.
    static func files(_ ids: Set<Int64>, of result: ReadRuns.Result, on connection: any Connection) throws -> [Int64: FileDetail] {
        var set = RowSet([.bigint("id")], capacity: ids.count)
        for id in ids { set.append([.int(id)]) }
        guard !set.isEmpty else { return [:] }
        let files = try connection.rows(
            """
            SELECT \(fragment: FileDetail.columns) FROM \(set, as: "r") CROSS JOIN run_files AS f
            WHERE f.id = r.id AND f.generation = \(result.generation)
            """, FileDetail.init)
        return Dictionary(files.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What a filter asks of the file `f`, each condition with `AND` before it.
    static func fileConditions(_ filter: ConfFilter) -> SQL {
        var sql: SQL = ""
        if let path = filter.path { sql += " AND f.path = \(path)" }
        if let app = filter.app { sql += " AND f.app = \(app)" }
        if let type = filter.confType { sql += " AND f.conf_type = \(type)" }
        if let layer = filter.layer { sql += " AND f.layer = \(layer.rawValue)" }
        if let scope = filter.scope { sql += " AND f.scope = \(scope.rawValue)" }
        if let user = filter.user { sql += " AND f.username = \(user)" }
        if let tree = filter.tree { sql += " AND f.tree = \(tree)" }
        if let isLive = filter.isLive { sql += isLive ? " AND f.tree IS NULL" : " AND f.tree IS NOT NULL" }
        return sql
    }
}

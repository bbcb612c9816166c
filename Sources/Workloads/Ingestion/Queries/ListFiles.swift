import Storage

/// Lists the files of a result in the order of the archive. The caller has read the result for its tenant.
///
/// SQLite keeps no statistics and is told which index to take; the plus sign keeps it on the primary key.
enum ListFiles {
    /// - Parameter lastID: files with higher ids only.
    static func page(
        _ result: ReadRuns.Result, _ filter: ConfFilter, after lastID: Int64, limit: Int, on connection: any Connection
    ) throws -> [FileDetail] {
        try connection.rows(
            """
            SELECT \(fragment: FileDetail.columns) FROM run_files AS f\(fragment: index(filter))
            WHERE \(fragment: conditions(result, filter)) AND f.id > \(max(lastID, result.generation)) AND f.id <= \(result.lastID)
            ORDER BY f.id LIMIT \(limit)
            """, FileDetail.init)
    }

    /// The last file with an id of at most `id`; nil when there is none.
    static func last(
        _ result: ReadRuns.Result, _ filter: ConfFilter, upTo id: Int64, on connection: any Connection
    ) throws -> FileDetail? {
        try connection.row(
            """
            SELECT \(fragment: FileDetail.columns) FROM run_files AS f\(fragment: index(filter))
            WHERE \(fragment: conditions(result, filter)) AND f.id > \(result.generation) AND f.id <= \(min(id, result.lastID))
            ORDER BY f.id DESC LIMIT 1
            """, FileDetail.init)
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

    private static func index(_ filter: ConfFilter) -> SQL {
        if filter.path != nil { return "\(sqlite: " INDEXED BY run_files_by_path", postgres: "")" }
        if filter.app != nil { return "\(sqlite: " INDEXED BY run_files_by_app", postgres: "")" }
        if filter.confType != nil { return "\(sqlite: " INDEXED BY run_files_by_conf_type", postgres: "")" }
        return ""
    }

    private static func conditions(_ result: ReadRuns.Result, _ filter: ConfFilter) -> SQL {
        let isIndexed = filter.path != nil || filter.app != nil || filter.confType != nil
        return "\(fragment: isIndexed ? "" : "+")f.generation = \(result.generation)\(fragment: fileConditions(filter))"
    }

    /// What a filter asks of the file `f`, each condition with `AND` before it.
    static func fileConditions(_ filter: ConfFilter) -> SQL {
        var sql: SQL = ""
        if let path = filter.path { sql += " AND f.path_hash = \(TextHash.of(path)) AND f.path = \(path)" }
        if let app = filter.app { sql += " AND f.app_hash = \(TextHash.of(app)) AND f.app = \(app)" }
        if let type = filter.confType { sql += " AND f.conf_type_hash = \(TextHash.of(type)) AND f.conf_type = \(type)" }
        if let layer = filter.layer { sql += " AND f.layer = \(layer.rawValue)" }
        if let scope = filter.scope { sql += " AND f.scope = \(scope.rawValue)" }
        if let user = filter.user { sql += " AND f.username = \(user)" }
        if let tree = filter.tree { sql += " AND f.tree = \(tree)" }
        if let isLive = filter.isLive { sql += isLive ? " AND f.tree IS NULL" : " AND f.tree IS NOT NULL" }
        return sql
    }
}

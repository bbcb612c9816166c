import Storage

/// A configuration file of a result.
struct FileDetail: Sendable {
    let id: Int64
    let path: String
    let confType: String
    let layer: String?
    let app: String?
    let scope: String?
    let user: String?
    let tree: String?
    let size: Int64
    let stanzaCount: Int64
    let settingCount: Int64
    let problemCount: Int64
    let ignoredLines: Int64
    /// 0 when it has no stanzas.
    let firstStanza: Int64
    let lastStanza: Int64

    static let columns: SQL = """
        f.id, f.path, f.conf_type, f.layer, f.app, f.scope, f.username, f.tree, f.size, f.stanza_count, f.setting_count, f.problem_count,
        f.ignored_lines, f.first_stanza, f.last_stanza
        """

    init(_ row: Row) {
        id = row.int(0)
        path = row.text(1)
        confType = row.text(2)
        layer = row.textOrNil(3)
        app = row.textOrNil(4)
        scope = row.textOrNil(5)
        user = row.textOrNil(6)
        tree = row.textOrNil(7)
        size = row.int(8)
        stanzaCount = row.int(9)
        settingCount = row.int(10)
        problemCount = row.int(11)
        ignoredLines = row.int(12)
        firstStanza = row.int(13)
        lastStanza = row.int(14)
    }
}

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

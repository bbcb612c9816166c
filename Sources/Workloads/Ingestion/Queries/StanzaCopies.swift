import Storage

/// Reads the copies of stanzas that a context merges. The caller has read the result for its tenant.
///
/// The way goes from the names through those of each segment, which also hold the type, to the rows that fit: the cost
/// goes with the stanzas that bear these names.
enum StanzaCopies {
    /// Bytes of settings that are merged at once.
    static let mostBytes = 32 << 20

    /// Copies of every stanza with one of `names`, strongest first; nil when they hold more than ``mostBytes``.
    /// - Throws: ``StorageError`` when stored settings cannot be read.
    static func read(
        _ names: Set<ExactText>, confType: String, _ context: ConfContext, _ result: ReadRuns.Result, on connection: any Connection
    ) throws -> [StanzaCopy]? {
        var set = RowSet([.text("name"), .bigint("hash")], capacity: names.count)
        for name in names { set.append([.text(name.text), .int(TextHash.of(name.text))]) }
        guard !set.isEmpty else { return [] }
        var bytes = 0
        let copies = try connection.rows(
            """
            WITH RECURSIVE \(fragment: result.segments)
            SELECT s.id, s.name, s.settings, f.id, f.path, f.layer, f.app, f.scope, f.username, f.tree
            FROM \(set, as: "r") CROSS JOIN segments AS p
                CROSS JOIN stanza_names AS n CROSS JOIN stanzas AS s CROSS JOIN run_files AS f
            WHERE n.generation = \(result.generation) AND n.segment = p.segment AND n.name_hash = r.hash
                AND n.conf_type_hash = \(TextHash.of(confType)) AND s.id = n.stanza_id AND s.name = r.name AND f.id = s.file_id AND f.conf_type = \(confType)\(fragment: participants(context))
            """
        ) { row -> StanzaCopy? in
            let place = ConfContext.Place(row, layer: 5, app: 6, scope: 7, user: 8, tree: 9)
            guard bytes <= mostBytes, let rank = context.rank(place, file: row.int(3)) else { return nil }
            let settings = row.text(2)
            bytes += settings.utf8.count
            return StanzaCopy(
                id: row.int(0), name: ExactText(row.text(1)), rank: rank, place: place, path: row.text(4),
                settings: try ConfSetting.decode(settings))
        }
        return bytes <= mostBytes ? copies.compactMap(\.self).sorted(by: StanzaCopy.isStronger) : nil
    }

    /// Leaves out, on the way, the files that are many and take no part; ``ConfContext/rank(_:file:)`` has the last word.
    static func participants(_ context: ConfContext) -> SQL {
        guard let app = context.app else { return " AND (f.layer IS NULL OR f.layer <> 'user')" }
        guard let user = context.user else { return " AND (f.layer IS NULL OR f.layer <> 'user') AND f.tree IS NULL" }
        return " AND (f.layer IS NULL OR f.layer <> 'user' OR (f.username = \(user) AND f.app = \(app))) AND f.tree IS NULL"
    }

    /// Whether a result holds an app that is live on its host.
    static func hasApp(_ app: String, _ result: ReadRuns.Result, on connection: any Connection) throws -> Bool {
        try connection.row(
            """
            SELECT 1 FROM file_keys AS k CROSS JOIN run_files AS f
            WHERE \(fragment: FileKey(.app, app).condition(result)) AND f.id = k.file_id AND f.app = \(app)
                AND f.layer <> 'system' AND f.tree IS NULL
            LIMIT 1
            """
        ) { _ in true } ?? false
    }
}

extension ConfContext.Place {
    /// Decodes the columns at these positions.
    init(_ row: Row, layer: Int, app: Int, scope: Int, user: Int, tree: Int) {
        self.init(
            layer: row.textOrNil(layer).flatMap(ConfProvenance.Layer.init), app: row.textOrNil(app),
            scope: row.textOrNil(scope).flatMap(ConfProvenance.Scope.init), user: row.textOrNil(user), tree: row.textOrNil(tree))
    }
}

import Storage

/// Reads the files of a result app by app, so that two results can be walked side by side. The caller has read the results
/// for its tenant.
///
/// The groups come in the order of the hashes of the apps' names, which both results have in common and an index holds;
/// files without an app come first. What is held at once is the files of one app.
enum DiffFiles {
    /// A file, and what it is whatever archive it came in.
    struct File: Sendable {
        let id: Int64
        let path: String
        let appHash: Int64?
        let confType: String
        let layer: String?
        let app: String?
        let scope: String?
        let user: String?
        let tree: String?
        let size: Int64
        let stanzaCount: Int64
        let settingCount: Int64
        /// 0 when it has no stanzas.
        let firstStanza: Int64
        let lastStanza: Int64

        static let columns: SQL = """
            f.id, f.path, f.app_hash, f.conf_type, f.layer, f.app, f.scope, f.username, f.tree, f.size, f.stanza_count, f.setting_count,
            f.first_stanza, f.last_stanza
            """

        init(_ row: Row) {
            self.init(row, from: 0)
        }

        /// - Parameter first: position of the first of ``columns``.
        init(_ row: Row, from first: Int) {
            id = row.int(first)
            path = row.text(first + 1)
            appHash = row.intOrNil(first + 2)
            confType = row.text(first + 3)
            layer = row.textOrNil(first + 4)
            app = row.textOrNil(first + 5)
            scope = row.textOrNil(first + 6)
            user = row.textOrNil(first + 7)
            tree = row.textOrNil(first + 8)
            size = row.int(first + 9)
            stanzaCount = row.int(first + 10)
            settingCount = row.int(first + 11)
            firstStanza = row.int(first + 12)
            lastStanza = row.int(first + 13)
        }

        /// The same for the same file of any archive, however that was packed. Its order is that of a reader: layer, tree,
        /// user, app, scope, type.
        var place: ExactText {
            // No name holds a NUL, nor is any empty: absent and present cannot be confused.
            ExactText([layer, tree, user, app, scope, confType].map { $0 ?? "" }.joined(separator: "\0"))
        }
    }

    /// A group of files: nil for those without an app.
    typealias Group = Int64?

    /// The files of a group, in the order of the archive.
    static func files(_ group: Group, _ result: ReadRuns.Result, _ filter: ConfFilter, on connection: any Connection) throws -> [File] {
        let condition: SQL = if let group { "f.app_hash = \(group)" } else { "f.app_hash IS NULL" }
        return try connection.rows(
            """
            SELECT \(fragment: File.columns) FROM run_files AS f\(sqlite: " INDEXED BY run_files_by_app", postgres: "")
            WHERE f.generation = \(result.generation) AND \(fragment: condition)\(fragment: ListFiles.fileConditions(filter))
            ORDER BY f.id
            """, File.init)
    }

    /// The next group with an app; nil when there is none.
    /// - Parameter group: the one before; nil begins.
    static func next(after group: Group, _ result: ReadRuns.Result, on connection: any Connection) throws -> Int64? {
        let condition: SQL = if let group { "f.app_hash > \(group)" } else { "f.app_hash IS NOT NULL" }
        return try connection.row(
            """
            SELECT MIN(f.app_hash) FROM run_files AS f\(sqlite: " INDEXED BY run_files_by_app", postgres: "")
            WHERE f.generation = \(result.generation) AND \(fragment: condition)
            """
        ) { $0.intOrNil(0) } ?? nil
    }

    /// A file of one of two results; nil when neither has it.
    static func file(_ id: Int64, _ results: [ReadRuns.Result], on connection: any Connection) throws -> File? {
        let found = try connection.row(
            "SELECT f.generation, \(fragment: File.columns) FROM run_files AS f WHERE f.id = \(id)"
        ) { (generation: $0.int(0), file: File($0, from: 1)) }
        return results.contains { $0.generation == found?.generation } ? found?.file : nil
    }
}

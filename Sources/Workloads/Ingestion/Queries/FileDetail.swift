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
    /// Of the app's name; nil without an app.
    let appHash: Int64?

    static let columns: SQL = """
        f.id, f.path, f.conf_type, f.layer, f.app, f.scope, f.username, f.tree, f.size, f.stanza_count, f.setting_count, f.problem_count,
        f.ignored_lines, f.first_stanza, f.last_stanza, f.app_hash
        """
    /// How many ``columns`` there are.
    static let columnCount = 16

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
        appHash = row.intOrNil(15)
    }

    /// The same for the same file of any archive, however that was packed. Its order is that of a reader: layer, tree,
    /// user, app, scope, type.
    var place: ExactText {
        // No name holds a NUL, nor is any empty: absent and present cannot be confused.
        ExactText([layer, tree, user, app, scope, confType].map { $0 ?? "" }.joined(separator: "\0"))
    }
}

package import Storage

/// Ids come from one counter for all tables, which must be at the highest that is in use or above.
package enum IDCounterCheck {
    /// - Parameters:
    ///   - highest: a query with one column `id`, the highest of each table.
    ///   - owner: whose tables these are, for the finding.
    package static func look(_ highest: SQL, of owner: String, on connection: any Connection) throws -> [Finding] {
        let used = try connection.row("SELECT MAX(m.id) FROM (\(fragment: highest)) AS m") { $0.intOrNil(0) } ?? nil
        // After the ids: the counter may have gone on meanwhile, and only a lower one is wrong.
        let given = try connection.row("\(sqlite: "SELECT last FROM id_counter", postgres: "SELECT last_value FROM millrace_ids")") {
            $0.int(0)
        }
        guard let used, let given, given < used else { return [] }
        let repair =
            connection.dialect == .sqlite
            ? "UPDATE id_counter SET last = \(used) WHERE last < \(used)" : "SELECT setval('millrace_ids', \(used)) -- if it is below"
        return [
            Finding(
                .idsBehind, subject: "ids of \(owner)",
                "the id \(used) is in use, and the counter of ids stands at \(given): ids would be given twice", repair: repair)
        ]
    }
}

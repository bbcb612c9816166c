import Storage

/// Reads the files of a result app by app, so that two results can be walked side by side. The caller has read the results
/// for its tenant.
///
/// The groups come in the order of the hashes of the apps' names, which both results have in common and their keys are sorted by;
/// files without an app come first. What is held at once is the files of one app.
enum DiffFiles {
    /// A group of files: nil for those without an app.
    typealias Group = Int64?

    /// The files of a group, in the order of the archive.
    static func files(_ group: Group, _ result: ReadRuns.Result, _ filter: ConfFilter, on connection: any Connection) throws -> [FileDetail]
    {
        let key = if let group { FileKey(.app, hash: group) } else { FileKey(.noApp, hash: 0) }
        return try connection.rows(
            """
            SELECT \(fragment: FileDetail.columns) FROM file_keys AS k CROSS JOIN run_files AS f
            WHERE \(fragment: key.condition(result)) AND f.id = k.file_id\(fragment: ListFiles.fileConditions(filter))
            ORDER BY k.file_id
            """, FileDetail.init)
    }

    /// The next group with an app; nil when there is none.
    /// - Parameter group: the one before; nil begins.
    static func next(after group: Group, _ result: ReadRuns.Result, on connection: any Connection) throws -> Int64? {
        let isLater: SQL = if let group { " AND k.hash > \(group)" } else { "" }
        return try connection.row(
            """
            SELECT MIN(k.hash) FROM file_keys AS k
            WHERE k.generation = \(result.generation) AND k.kind = \(FileKey.Kind.app.rawValue)\(fragment: isLater)
            """
        ) { $0.intOrNil(0) } ?? nil
    }

    /// A file of one of two results; nil when neither has it.
    static func file(_ id: Int64, _ results: [ReadRuns.Result], on connection: any Connection) throws -> FileDetail? {
        let found = try connection.row(
            "SELECT \(fragment: FileDetail.columns), f.generation FROM run_files AS f WHERE f.id = \(id)"
        ) { (generation: $0.int(FileDetail.columnCount), file: FileDetail($0)) }
        return results.contains { $0.generation == found?.generation } ? found?.file : nil
    }
}

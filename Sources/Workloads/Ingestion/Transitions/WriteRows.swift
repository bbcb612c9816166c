import Storage

/// Writes a piece of what an attempt has read.
///
/// One transaction: the rows, and with them how far the generation is whole. So a process that dies before the commit has
/// left the piece before and its cursor, after it this one and its own; rows behind the cursor are of a member of which a
/// part is stored, and go when an attempt resumes. The rows are invisible until ``ShowGeneration``. A repeat after a lost
/// answer fails on the first id and writes nothing.
enum WriteRows {
    /// What one call writes, made before the transaction begins: the writer's time is everybody's.
    struct Piece: Sendable {
        fileprivate let stanzas: RowSet
        fileprivate let files: RowSet
        fileprivate let problems: RowSet
        fileprivate let names: RowSet
        fileprivate let lastID: Int64
        fileprivate let cursor: ParseCursor
        fileprivate let counts: String

        /// - Parameters:
        ///   - names: of stanzas among these rows, or stored already.
        ///   - cursor: how far the generation is whole once these rows are stored.
        init(_ rows: ParsedRows, names: UnwrittenNames.Bunch?, cursor: ParseCursor) {
            stanzas = WriteRows.rows(of: rows.stanzas)
            files = WriteRows.rows(of: rows.files)
            problems = WriteRows.rows(of: rows.problems)
            self.names = WriteRows.rows(of: names)
            lastID = rows.lastID
            self.cursor = cursor
            counts = cursor.summary.json
        }
    }

    /// - Returns: false when the hold has ended: nothing was written, and the attempt must end.
    static func write(_ piece: Piece, _ hold: GenerationHold, on connection: any Connection) throws -> Bool {
        guard try advance(hold, to: piece, connection) else { return false }
        try insertStanzas(piece.stanzas, hold.generation, connection)
        try insertNames(piece.names, hold.generation, connection)
        try insertFiles(piece.files, hold.generation, connection)
        try insertProblems(piece.problems, hold.generation, connection)
        return true
    }

    /// Says that everything was written; only the switch is missing.
    /// - Returns: false when the hold has ended.
    static func normalized(run: Int64, _ hold: GenerationHold, on connection: any Connection) throws -> Bool {
        try connection.execute(
            """
            UPDATE runs SET status = 'normalized'
            WHERE id = \(run) AND EXISTS (
                SELECT 1 FROM run_generations AS g WHERE g.id = \(hold.generation) AND g.state = 'writing' AND g.writer = \(hold.token))
            """) == 1
    }

    /// The fence, the bound of the generation's ids, and the cursor. It locks the row: an attempt that takes over waits.
    private static func advance(_ hold: GenerationHold, to piece: Piece, _ connection: any Connection) throws -> Bool {
        // A file's row comes after its stanzas' and has a lower id.
        try connection.execute(
            """
            UPDATE run_generations
            SET last_id = CASE WHEN last_id < \(piece.lastID) THEN \(piece.lastID) ELSE last_id END,
                last_member = \(piece.cursor.member), whole_id = \(piece.cursor.wholeID), counts = \(piece.counts),
                named_segments = \(piece.cursor.namedSegments)
            WHERE id = \(hold.generation) AND state = 'writing' AND writer = \(hold.token)
            """) == 1
    }

    private static func rows(of stanzas: [ParsedStanza]) -> RowSet {
        var rows = RowSet(
            [
                .bigint("id"), .bigint("file_id"), .text("name"), .bigint("line"), .bigint("setting_count"), .bigint("segment"),
                .text("settings"),
            ], capacity: stanzas.count)
        for row in stanzas {
            let stanza = row.stanza
            rows.append([
                .int(row.id), .int(row.fileID), .text(stanza.name), .int(Int64(stanza.line)), .int(Int64(stanza.settingCount)),
                .int(row.segment), .text(stanza.settingsJSON),
            ])
        }
        return rows
    }

    private static func insertStanzas(_ rows: RowSet, _ generation: Int64, _ connection: any Connection) throws {
        try connection.forEach(
            rows,
            """
            INSERT INTO stanzas (id, generation, file_id, name, line, setting_count, segment, settings)
            SELECT r.id, \(generation), r.file_id, r.name, r.line, r.setting_count, r.segment, r.settings
            FROM \(rows, as: "r")
            """)
    }

    private static func rows(of bunch: UnwrittenNames.Bunch?) -> RowSet {
        var rows = RowSet(
            [.bigint("segment"), .bigint("name_hash"), .bigint("stanza_id"), .bigint("conf_type_hash")],
            capacity: bunch?.names.count ?? 0)
        guard let bunch else { return rows }
        for name in bunch.names { rows.append([.int(bunch.segment), .int(name.hash), .int(name.stanza), .int(name.confTypeHash)]) }
        return rows
    }

    private static func insertNames(_ rows: RowSet, _ generation: Int64, _ connection: any Connection) throws {
        try connection.forEach(
            rows,
            """
            INSERT INTO stanza_names (generation, segment, name_hash, stanza_id, conf_type_hash)
            SELECT \(generation), r.segment, r.name_hash, r.stanza_id, r.conf_type_hash FROM \(rows, as: "r")
            """)
    }

    private static func rows(of files: [ParsedFile]) -> RowSet {
        var rows = RowSet(
            [
                .bigint("id"), .text("path"), .bigint("path_hash"), .bigint("size"), .text("conf_type"), .bigint("conf_type_hash"),
                .text("layer"), .text("app"), .bigint("app_hash"), .text("scope"), .text("username"), .text("tree"),
                .bigint("first_stanza"), .bigint("last_stanza"), .bigint("stanza_count"), .bigint("setting_count"),
                .bigint("problem_count"), .bigint("ignored_lines"),
            ], capacity: files.count)
        for file in files {
            let place = file.provenance
            rows.append([
                .int(file.id), .text(file.path), .int(TextHash.of(file.path)), .int(Int64(file.size)), .text(place.confType),
                .int(TextHash.of(place.confType)), .text(place.layer?.rawValue), .text(place.app), .int(place.app.map(TextHash.of)),
                .text(place.scope?.rawValue), .text(place.user), .text(place.tree), .int(file.firstStanza), .int(file.lastStanza),
                .int(Int64(file.stanzaCount)), .int(Int64(file.settingCount)), .int(Int64(file.problemCount)),
                .int(Int64(file.ignoredLines)),
            ])
        }
        return rows
    }

    private static func insertFiles(_ rows: RowSet, _ generation: Int64, _ connection: any Connection) throws {
        try connection.forEach(
            rows,
            """
            INSERT INTO run_files (id, generation, path, path_hash, size, conf_type, conf_type_hash, layer, app, app_hash, scope, username,
                tree, first_stanza, last_stanza, stanza_count, setting_count, problem_count, ignored_lines)
            SELECT r.id, \(generation), r.path, r.path_hash, r.size, r.conf_type, r.conf_type_hash, r.layer, r.app, r.app_hash, r.scope,
                r.username, r.tree, r.first_stanza, r.last_stanza, r.stanza_count, r.setting_count, r.problem_count, r.ignored_lines
            FROM \(rows, as: "r")
            """)
    }

    private static func rows(of problems: [ParsedProblem]) -> RowSet {
        var rows = RowSet([.bigint("id"), .text("path"), .bigint("line"), .text("code"), .text("detail")], capacity: problems.count)
        for problem in problems {
            rows.append([
                .int(problem.id), .text(problem.path), .int(problem.line.map(Int64.init)), .text(problem.code), .text(problem.detail),
            ])
        }
        return rows
    }

    private static func insertProblems(_ rows: RowSet, _ generation: Int64, _ connection: any Connection) throws {
        try connection.forEach(
            rows,
            """
            INSERT INTO run_problems (id, generation, path, line, code, detail)
            SELECT r.id, \(generation), r.path, r.line, r.code, r.detail FROM \(rows, as: "r")
            """)
    }
}

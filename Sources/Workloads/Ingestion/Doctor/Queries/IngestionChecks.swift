import Storage
import TaskEngine

/// What ingestion keeps twice: how often a stored file is referred to, and the numbers that are shown of a result.
enum IngestionChecks {
    /// Runs in one read; each may have thousands of files.
    private static let runsPerSlice = 5

    static let all: [DoctorCheck] = [
        .whole { _, connection in try references(connection) + uploadsWithoutFile(connection) + ids(connection) },
        DoctorCheck { from, _, connection in
            var after: Int64 = 0
            if case .int(let id?) = from.first { after = id }
            let runs = try runs(after: after, connection)
            guard let first = runs.first, let last = runs.last else { return DoctorCheck.Slice([], again: { _ in { _, _ in [] } }) }
            return DoctorCheck.Slice(
                try counts(first...last, connection), again: { _ in { _, connection in try counts(first...last, connection) } },
                next: [.int(last)])
        },
    ]

    private static func references(_ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT c.tenant, c.sha256, c.refs, c.named FROM (
                SELECT b.tenant, b.sha256, b.refs, COALESCE(u.named, 0) + (
                    SELECT COUNT(*) FROM artifacts AS a WHERE a.tenant = b.tenant AND a.sha256 = b.sha256) AS named
                FROM blobs AS b LEFT JOIN (
                    SELECT tenant, sha256, COUNT(*) AS named FROM uploads GROUP BY tenant, sha256) AS u
                    ON u.tenant = b.tenant AND u.sha256 = b.sha256) AS c
            WHERE c.refs <> c.named ORDER BY c.tenant, c.sha256
            """
        ) { row in
            Finding(
                .referencesDisagree, subject: "file \(row.text(1)) of tenant \(row.text(0))",
                "the stored file \(row.text(1)) counts \(row.int(2)) uploads and artifacts, and there are \(row.int(3)): it may be removed too early or never",
                repair:
                    "UPDATE blobs SET refs = \(row.int(3)) WHERE tenant = '\(row.text(0))' AND sha256 = '\(row.text(1))' AND refs = \(row.int(2))"
            )
        }
    }

    private static func uploadsWithoutFile(_ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT u.id FROM uploads AS u LEFT JOIN blobs AS b ON b.tenant = u.tenant AND b.sha256 = u.sha256 AND b.state = 'live'
            WHERE b.sha256 IS NULL ORDER BY u.id
            """
        ) { row in
            Finding(
                .referencesDisagree, subject: "upload \(row.int(0))", "upload \(row.int(0)) refers to a file that is not stored",
                repair: "-- delete the upload: DELETE /v1/uploads/\(row.int(0))")
        }
    }

    private static func ids(_ connection: any Connection) throws -> [Finding] {
        try IDCounterCheck.look(
            "SELECT MAX(id) AS id FROM uploads UNION ALL SELECT MAX(id) FROM runs UNION ALL SELECT MAX(last_id) FROM run_generations",
            of: "uploads", on: connection)
    }

    private static func runs(after id: Int64, _ connection: any Connection) throws -> [Int64] {
        try connection.rows("SELECT r.id FROM runs AS r WHERE r.id > \(id) ORDER BY r.id LIMIT \(runsPerSlice)") { $0.int(0) }
    }

    private static func counts(_ range: ClosedRange<Int64>, _ connection: any Connection) throws -> [Finding] {
        try connection.rows(
            """
            SELECT c.id FROM (
                SELECT r.id, r.file_count, r.stanza_count, r.setting_count, COUNT(f.id) AS files,
                    COALESCE(SUM(f.stanza_count), 0) AS stanzas, COALESCE(SUM(f.setting_count), 0) AS settings
                FROM runs AS r JOIN run_generations AS g ON g.id = r.generation
                    LEFT JOIN run_files AS f ON f.id > g.id AND f.id <= g.last_id AND f.generation = g.id
                WHERE r.id >= \(range.lowerBound) AND r.id <= \(range.upperBound) AND r.generation IS NOT NULL
                GROUP BY r.id, r.file_count, r.stanza_count, r.setting_count) AS c
            WHERE c.file_count <> c.files OR c.stanza_count <> c.stanzas OR c.setting_count <> c.settings ORDER BY c.id
            """
        ) { row in
            Finding(
                .countsDisagree, subject: "run \(row.int(0))",
                "run \(row.int(0)) shows other numbers of files, stanzas or settings than its result has",
                repair: "-- read the upload again: POST /v1/runs/\(row.int(0))/parse")
        }
    }
}

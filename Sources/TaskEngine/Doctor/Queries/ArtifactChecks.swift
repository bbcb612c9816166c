import Storage

/// Artifacts that belong to nothing, or whose bytes are not stored.
enum ArtifactChecks {
    /// Artifacts in one read.
    private static let limit = 5000

    /// The artifacts after `place`, by scope and name, as many as one read can hold.
    /// - Returns: the last one that was looked at; nil when there was none left.
    static func look(after place: DoctorCheck.Place, on connection: any Connection) throws -> (
        findings: [Finding], last: DoctorCheck.Place?
    ) {
        var (scope, name): (Int64, String) = (0, "")
        if place.count == 2, case .int(let last?) = place[0], case .text(let text?) = place[1] { (scope, name) = (last, text) }
        let rows = try connection.rows(
            """
            SELECT a.scope, a.name, (SELECT t.id FROM tasks AS t WHERE t.id = a.scope), (SELECT w.id FROM workflow_runs AS w WHERE w.id = a.scope),
                (SELECT b.refs FROM blobs AS b WHERE b.tenant = a.tenant AND b.sha256 = a.sha256 AND b.state = 'live')
            FROM artifacts AS a WHERE (a.scope, a.name) > (\(scope), \(name)) ORDER BY a.scope, a.name LIMIT \(limit)
            """
        ) { row in
            (
                scope: row.int(0), name: row.text(1), hasOwner: row.intOrNil(2) != nil || row.intOrNil(3) != nil,
                hasFile: row.intOrNil(4) != nil
            )
        }
        var findings: [Finding] = []
        for row in rows where !row.hasOwner || !row.hasFile { findings.append(finding(row.scope, row.hasOwner)) }
        return (findings, rows.last.map { [.int($0.scope), .text($0.name)] })
    }

    /// The name is a handler's and may be anything: it is not part of a statement.
    private static func finding(_ scope: Int64, _ hasOwner: Bool) -> Finding {
        hasOwner
            ? Finding(
                .referencesDisagree, subject: "artifacts of \(scope)",
                "an artifact of task or run \(scope) refers to a file that is not stored",
                repair: "-- run the task again that stored it; see SELECT name, task_id, sha256 FROM artifacts WHERE scope = \(scope)")
            : Finding(
                .orphan, subject: "artifacts of \(scope)", "there are artifacts of \(scope), which is neither a task nor a run",
                repair: "DELETE FROM artifacts WHERE scope = \(scope)")
    }
}

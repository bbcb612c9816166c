import Storage

/// Something to tell about a file of a result.
struct ProblemDetail: Sendable {
    let id: Int64
    let path: String
    let line: Int64?
    let code: String
    let detail: String
}

/// Lists the problems of a result in the order of the archive. The caller has read the result for its tenant.
enum ListProblems {
    static func page(
        _ result: ReadRuns.Result, after lastID: Int64, limit: Int, on connection: any Connection
    ) throws -> [ProblemDetail] {
        try connection.rows(
            """
            SELECT p.id, p.path, p.line, p.code, p.detail FROM run_problems AS p
            WHERE +p.generation = \(result.generation) AND p.id > \(max(lastID, result.generation)) AND p.id <= \(result.lastID)
            ORDER BY p.id LIMIT \(limit)
            """
        ) { row in
            ProblemDetail(id: row.int(0), path: row.text(1), line: row.intOrNil(2), code: row.text(3), detail: row.text(4))
        }
    }
}

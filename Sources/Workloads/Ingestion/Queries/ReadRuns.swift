import Storage

/// Reads a tenant's runs. A run of another tenant is not there.
enum ReadRuns {
    /// Nil when the tenant has no such run.
    static func detail(_ id: Int64, tenant: String, on connection: any Connection) throws -> RunDetail? {
        try connection.row(
            "SELECT \(fragment: RunDetail.columns) FROM runs AS r \(fragment: RunDetail.joins) WHERE r.id = \(id) AND r.tenant = \(tenant)",
            RunDetail.init)
    }

    /// Newest first.
    /// - Parameter lastID: the last run of the page before; nil begins with the newest.
    static func page(
        status: RunStatus?, tenant: String, after lastID: Int64?, limit: Int, on connection: any Connection
    ) throws -> [RunDetail] {
        var conditions: SQL = "r.tenant = \(tenant)"
        if let lastID { conditions += " AND r.id < \(lastID)" }
        if let status { conditions += " AND \(fragment: RunDetail.status) = \(status.rawValue)" }
        return try connection.rows(
            """
            SELECT \(fragment: RunDetail.columns) FROM runs AS r \(fragment: RunDetail.joins)
            WHERE \(fragment: conditions) ORDER BY r.id DESC LIMIT \(limit)
            """, RunDetail.init)
    }

    /// The generation that is a run's result, with the range that its rows' ids lie in.
    struct Result: Sendable {
        let generation: Int64
        let lastID: Int64
        /// The last ``StanzaSegment``; the first is 0.
        let lastSegment: Int64

        /// The segments as a table expression for a statement's `WITH RECURSIVE`: `segments (segment)`.
        var segments: SQL {
            """
            segments(segment) AS (
                SELECT CAST(0 AS BIGINT) UNION ALL SELECT segment + 1 FROM segments WHERE segment < \(lastSegment))
            """
        }
    }

    /// Outer nil when the tenant has no such run, inner nil when it has no result yet.
    static func result(_ id: Int64, tenant: String, on connection: any Connection) throws -> Result?? {
        try connection.row(
            """
            SELECT g.id, g.last_id, r.stanza_count FROM runs AS r LEFT JOIN run_generations AS g ON g.id = r.generation
            WHERE r.id = \(id) AND r.tenant = \(tenant)
            """
        ) { row in
            row.intOrNil(0).map { Result(generation: $0, lastID: row.int(1), lastSegment: StanzaSegment.of(max(Int(row.int(2)) - 1, 0))) }
        }
    }
}

package import Storage

/// Lists a tenant's workflow runs, newest first.
///
/// States that few runs are in have partial indexes. Where no index holds just what a filter asks for, runs are looked through,
/// at most ``mostLookedThrough`` for a page: it may then be short or empty although the list goes on. SQLite is told which way
/// to take, since it keeps no statistics; PostgreSQL finds out itself.
package enum ListRuns {
    /// Runs that one page looks at to find those it shows.
    package static let mostLookedThrough = 10_000

    /// Which runs a list shows; nil filters nothing.
    package struct Filter: Sendable {
        /// Runs in this state.
        package var state: RunState?
        /// Runs of the workflow with this name.
        package var workflow: String?
        /// Runs of this version of it.
        package var version: Int?

        package init(state: RunState? = nil, workflow: String? = nil, version: Int? = nil) {
            self.state = state
            self.workflow = workflow
            self.version = version
        }
    }

    /// One page.
    /// - Parameters:
    ///   - lastID: the last run of the page before; nil begins with the newest.
    ///   - limit: most rows returned; fewer when their parameters and metadata are long.
    ///   - most: runs that are looked through; given by tests.
    package static func page(
        _ filter: Filter, tenant: String, after lastID: Int64? = nil, limit: Int, lookingThrough most: Int = mostLookedThrough,
        on connection: any Connection
    ) throws -> ListPage<WorkflowRunSummary, Int64> {
        let way = Way(filter, tenant: tenant, before: lastID)
        let end = way.isExact ? nil : try end(way, most, connection)
        var conditions: SQL = "\(fragment: way.conditions)\(fragment: way.rest)"
        if let end { conditions += " AND w.id >= \(end)" }
        let found = try connection.rows(
            """
            SELECT w.id, \(fragment: payloadBytes) FROM workflow_runs AS w\(fragment: hint(way, connection))
            WHERE \(fragment: conditions) ORDER BY w.id DESC LIMIT \(limit + 1)
            """
        ) { (key: $0.int(0), bytes: Int($0.int(1))) }
        let (ids, isCut) = PageBudget.fitting(found, limit: limit)
        let runs = try summaries(ids, tenant, connection)
        return ListPage(runs, next: isCut ? ids.last : end)
    }

    /// The last run that is looked at; nil when those that are left are fewer.
    private static func end(_ way: Way, _ most: Int, _ connection: any Connection) throws -> Int64? {
        try connection.row(
            """
            SELECT w.id FROM workflow_runs AS w\(fragment: hint(way, connection)) WHERE \(fragment: way.conditions)
            ORDER BY w.id DESC LIMIT 1 OFFSET \(most - 1)
            """
        ) { $0.int(0) }
    }

    /// In the order of `ids`.
    private static func summaries(_ ids: [Int64], _ tenant: String, _ connection: any Connection) throws -> [WorkflowRunSummary] {
        guard !ids.isEmpty else { return [] }
        let runs = try connection.rows(
            """
            SELECT \(fragment: WorkflowRunSummary.columns) FROM \(RowSet(ids: ids), as: "r") CROSS JOIN workflow_runs AS w
            WHERE w.id = r.id AND w.tenant = \(tenant)
            """, WorkflowRunSummary.init)
        return runs.sorted { $0.id > $1.id }
    }

    private static func hint(_ way: Way, _ connection: any Connection) -> SQL {
        connection.dialect == .sqlite ? way.hint : ""
    }

    private static let payloadBytes: SQL = """
        \(sqlite: "length(CAST(w.params AS BLOB)) + COALESCE(length(CAST(w.metadata AS BLOB)), 0)", postgres: "octet_length(w.params) + COALESCE(octet_length(w.metadata), 0)")
        """
}

extension ListRuns {
    /// An index that leads to the rows, and what it does not answer.
    private struct Way {
        /// Names the index to SQLite.
        let hint: SQL
        /// What the index answers alone.
        let conditions: SQL
        /// What is asked of each row.
        var rest: SQL = ""
        /// Whether that is nothing.
        var isExact = true

        init(_ filter: Filter, tenant: String, before lastID: Int64?) {
            var conditions: SQL = "w.tenant = \(tenant)"
            if let lastID { conditions += " AND w.id < \(lastID)" }
            // Literals: a bound state would match no partial index.
            switch filter.state {
            case .failed:
                hint = " INDEXED BY workflow_runs_failed"
                conditions += " AND w.state = 'failed'"
            case .cancelled:
                hint = " INDEXED BY workflow_runs_cancelled"
                conditions += " AND w.state = 'cancelled'"
            case .timedOut:
                hint = " INDEXED BY workflow_runs_timed_out"
                conditions += " AND w.state = 'timed_out'"
            case .pending, .running:
                hint = " INDEXED BY workflow_runs_unfinished"
                conditions += " AND w.finished_at IS NULL"
            case .succeeded, nil:
                hint = filter.workflow == nil ? " INDEXED BY workflow_runs_of_tenant" : " INDEXED BY workflow_runs_of_workflow"
                if let workflow = filter.workflow { conditions += " AND w.workflow = \(workflow)" }
            }
            self.conditions = conditions
            switch filter.state {
            case .pending: ask(" AND w.state = 'pending'")
            case .running: ask(" AND w.state = 'running'")
            case .succeeded: ask(" AND w.state = 'succeeded'")
            case .failed, .cancelled, .timedOut, nil: break
            }
            if let workflow = filter.workflow, let state = filter.state, state != .succeeded { ask(" AND w.workflow = \(workflow)") }
            if let version = filter.version { ask(" AND w.workflow_version = \(Int64(version))") }
        }

        private mutating func ask(_ condition: SQL) {
            rest += condition
            isExact = false
        }
    }
}

package import Storage

/// Lists a tenant's workflow runs, newest first.
///
/// States that few runs are in have partial indexes. Succeeded runs are met on the way down the ids. SQLite is told which way to
/// take, since it keeps no statistics; PostgreSQL finds out itself.
package enum ListRuns {
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
    ///   - limit: most rows returned.
    package static func page(
        _ filter: Filter, tenant: String, after lastID: Int64? = nil, limit: Int, on connection: any Connection
    ) throws -> [WorkflowRunSummary] {
        var conditions: SQL = "w.tenant = \(tenant)\(fragment: filter.state.map(stateIs) ?? "")"
        if let workflow = filter.workflow { conditions += " AND w.workflow = \(workflow)" }
        if let version = filter.version { conditions += " AND w.workflow_version = \(Int64(version))" }
        if let lastID { conditions += " AND w.id < \(lastID)" }
        return try connection.rows(
            """
            SELECT \(fragment: WorkflowRunSummary.columns) FROM workflow_runs AS w\(fragment: hint(filter, connection))
            WHERE \(fragment: conditions) ORDER BY w.id DESC LIMIT \(limit)
            """, WorkflowRunSummary.init)
    }

    private static func hint(_ filter: Filter, _ connection: any Connection) -> SQL {
        guard connection.dialect == .sqlite else { return "" }
        switch filter.state {
        case .pending, .running: return " INDEXED BY workflow_runs_unfinished"
        case .failed: return " INDEXED BY workflow_runs_failed"
        case .cancelled: return " INDEXED BY workflow_runs_cancelled"
        case .timedOut: return " INDEXED BY workflow_runs_timed_out"
        case .succeeded, nil:
            return filter.workflow == nil ? " INDEXED BY workflow_runs_of_tenant" : " INDEXED BY workflow_runs_of_workflow"
        }
    }

    /// Literals: a bound state would match no partial index.
    private static func stateIs(_ state: RunState) -> SQL {
        switch state {
        case .pending: " AND w.finished_at IS NULL AND w.state = 'pending'"
        case .running: " AND w.finished_at IS NULL AND w.state = 'running'"
        case .succeeded: " AND w.state = 'succeeded'"
        case .failed: " AND w.state = 'failed'"
        case .cancelled: " AND w.state = 'cancelled'"
        case .timedOut: " AND w.state = 'timed_out'"
        }
    }
}

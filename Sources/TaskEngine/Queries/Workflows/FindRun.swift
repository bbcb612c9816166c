package import Storage

/// Finds a tenant's run by what a client calls it. A run of another tenant is not there.
package enum FindRun {
    /// The run that the caller named so, else the run with this id; nil when the tenant has neither.
    package static func id(_ name: String, tenant: String, on connection: any Connection) throws -> Int64? {
        if let id = try keyed(name, tenant, connection) { return id }
        guard let id = Int64(name), id > 0, String(id) == name else { return nil }
        return try connection.row("SELECT id FROM workflow_runs WHERE id = \(id) AND tenant = \(tenant)") { $0.int(0) }
    }

    /// The run itself; nil when the tenant has none of that name.
    package static func summary(_ name: String, tenant: String, on connection: any Connection) throws -> WorkflowRunSummary? {
        guard let id = try id(name, tenant: tenant, on: connection) else { return nil }
        return try summary(id, tenant: tenant, on: connection)
    }

    /// The run with this id; nil when the tenant has none.
    package static func summary(_ id: Int64, tenant: String, on connection: any Connection) throws -> WorkflowRunSummary? {
        try connection.row(
            "SELECT \(fragment: WorkflowRunSummary.columns) FROM workflow_runs AS w WHERE w.id = \(id) AND w.tenant = \(tenant)",
            WorkflowRunSummary.init)
    }

    private static func keyed(_ key: String, _ tenant: String, _ connection: any Connection) throws -> Int64? {
        try connection.row("SELECT id FROM workflow_runs WHERE tenant = \(tenant) AND run_key = \(SQLValue.storable(key))") { $0.int(0) }
    }
}

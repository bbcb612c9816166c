package import Storage

/// What a run was started with.
package enum ReadRunRequest {
    /// The request that starts another one like it: the same definition, even if the name means another one by now, the same parameters,
    /// and no key. Nil when the tenant has no such run.
    package static func of(_ run: Int64, tenant: String, on connection: any Connection) throws -> StartRun.Request? {
        try connection.row(
            "SELECT workflow, workflow_version, params, tags, metadata, definition FROM workflow_runs WHERE id = \(run) AND tenant = \(tenant)"
        ) { row in
            var request = StartRun.Request(
                workflow: row.text(0), version: Int(row.int(1)), params: row.text(2), tags: row.textOrNil(3), metadata: row.textOrNil(4))
            request.definition = row.int(5)
            return request
        }
    }
}

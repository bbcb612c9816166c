import Storage

extension WorkflowService {
    /// The id of the tenant's run of this name: the caller's own name for it, else its id. Nil when there is none.
    package func run(named name: String, tenant: String) async throws -> Int64? {
        try await database.read { try FindRun.id(name, tenant: tenant, on: $0) }
    }

    /// The run with this id as a list shows it; nil when the tenant has none.
    package func summary(of run: Int64, tenant: String) async throws -> WorkflowRunSummary? {
        try await database.read { try FindRun.summary(run, tenant: tenant, on: $0) }
    }

    /// A definition as clients name it; nil when the tenant has none of its own and none is built in.
    package func definition(_ name: WorkflowName, tenant: String) async throws -> (stored: ReadDefinitions.Stored, plan: WorkflowPlan)? {
        let workflows = workflows
        return try await database.read { connection in
            guard let stored = try ReadDefinitions.find(name.name, version: name.version, tenant: tenant, on: connection) else {
                return nil
            }
            return (stored, try workflows.plans.plan(digest: stored.digest, text: stored.text))
        }
    }
}

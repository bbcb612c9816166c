import Hummingbird
import JSONText
import Storage
package import TaskEngine
package import WebCore

/// The files that handlers stored: lists of them, and downloads.
///
/// A file of another tenant is answered like one that does not exist.
package struct ArtifactRoutes: RouteGroup {
    let service: WorkflowService
    let artifacts: ArtifactStore

    /// - Parameters:
    ///   - service: its database is the one that is read.
    ///   - artifacts: where the bytes are.
    package init(service: WorkflowService, artifacts: ArtifactStore) {
        self.service = service
        self.artifacts = artifacts
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.get("/tasks/{id}/artifacts", .viewer, ofTask)
        routes.get("/tasks/{id}/artifacts/{name}", .viewer, taskFile)
        routes.get("/workflow_runs/{id}/artifacts", .viewer, ofRun)
        routes.get("/workflow_runs/{id}/artifacts/{name}", .viewer, runFile)
    }

    /// What one task stored, also when it is a node of a run.
    @Sendable private func ofTask(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let id = try context.pathID()
        var query = QueryReader(request)
        let page = query.page(of: "task_artifacts", keys: [.text])
        try query.finish()
        let tenant = context.tenant
        let rows = try await service.database.read { connection -> [ArtifactDetail]? in
            guard try ReadTask.exists(id, tenant: tenant, on: connection) else { return nil }
            return try ReadArtifacts.page(
                of: .task(id), tenant: tenant, after: page.cursor?.text(0), limit: page.fetchLimit, on: connection)
        }
        guard let rows else { throw Problem(.notFound) }
        return Page.response(rows, page, cursor: { Cursor(page.list, .text($0.artifact.name)) }) { writer, row in
            writer.object { Self.write(row, in: &$0, at: "/v1/tasks/\(id)/artifacts") }
        }
    }

    /// What all nodes of a run stored.
    @Sendable private func ofRun(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let page = query.page(of: "workflow_run_artifacts", keys: [.text])
        try query.finish()
        let (name, tenant, workflows) = (try context.pathText("id"), context.tenant, service.workflows)
        let found = try await service.database.read { connection -> (run: Int64, plan: WorkflowPlan, rows: [ArtifactDetail])? in
            guard let run = try FindRun.summary(name, tenant: tenant, on: connection) else { return nil }
            let rows = try ReadArtifacts.page(
                of: .scope(run.id), tenant: tenant, after: page.cursor?.text(0), limit: page.fetchLimit, on: connection)
            return (run.id, try workflows.plans.plan(run.head, on: connection), rows)
        }
        guard let (run, plan, rows) = found else { throw Problem(.notFound) }
        return Page.response(rows, page, cursor: { Cursor(page.list, .text($0.artifact.name)) }) { writer, row in
            writer.object { object in
                Self.write(row, in: &object, at: "/v1/workflow_runs/\(run)/artifacts")
                object.field("node", row.node.flatMap { plan.nodes.indices.contains($0) ? plan.nodes[$0].id : nil })
                object.field("element", row.element)
            }
        }
    }

    @Sendable private func taskFile(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let id = try context.pathID()
        return try await download(request, context) { _, _ in .task(id) }
    }

    @Sendable private func runFile(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let run = try context.pathText("id")
        return try await download(request, context) { tenant, connection in
            try FindRun.id(run, tenant: tenant, on: connection).map { .scope($0) }
        }
    }

    private func download(
        _ request: Request, _ context: MillraceRequestContext,
        of owner: @escaping @Sendable (_ tenant: String, any Connection) throws -> ReadArtifacts.Owner?
    ) async throws -> Response {
        try QueryReader(request).finish()
        let (name, tenant) = (try context.pathText("name"), context.tenant)
        let opened = try await artifacts.open(
            tenant,
            find: { connection -> ArtifactDetail? in
                guard let owner = try owner(tenant, connection) else { return nil }
                return try ReadArtifacts.find(name, of: owner, tenant: tenant, on: connection)
            }, sha256: \.artifact.sha256)
        guard let (found, file) = opened else { throw Problem(.notFound) }
        return .download(
            file, sha256: found.artifact.sha256, name: found.artifact.name, contentType: found.artifact.contentType, request)
    }

    private static func write(_ row: ArtifactDetail, in writer: inout JSONWriter, at path: String) {
        writer.field("name", row.artifact.name)
        writer.field("content_type", row.artifact.contentType)
        writer.field("size", row.artifact.size)
        writer.field("sha256", row.artifact.sha256)
        writer.timeField("created_at", row.createdAt)
        writer.field("task_id", row.task)
        writer.field("url", "\(path)/\(PercentEncoding.encode(row.artifact.name))")
    }
}

import HTTPTypes
import Hummingbird
import JSONText
import Storage
package import TaskEngine
package import WebCore

/// Registering definitions of workflows and reading them.
///
/// A definition is committed when its answer is sent. One of another tenant is answered like one that does not exist.
package struct WorkflowRoutes: RouteGroup {
    private let service: WorkflowService

    /// - Parameter service: carries out what the routes ask for; its database is the one that is read.
    package init(service: WorkflowService) {
        self.service = service
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.post("/workflows", .admin, add)
        routes.get("/workflows", .viewer, list)
        routes.get("/workflows/{name}", .viewer, read)
        routes.get("/workflows/{name}/graph.svg", .viewer, graph)
        routes.get("/workflows/{name}/{version}", .viewer, read)
    }

    @Sendable private func add(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let isDryRun = query.bool("dry_run") ?? false
        try query.finish()
        let body = try await request.json(limit: BodyLimit.batchBytes, readsQuery: true, context: context)
        let answer = try await WorkflowRegistration.register(body.rawText, tenant: context.tenant, isDryRun: isDryRun, in: service)
        guard answer.isNew, !isDryRun else { return .jsonObject { answer.write(&$0) } }
        return .created(location: answer.location) { answer.write(&$0) }
    }

    @Sendable private func list(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let page = query.page(of: "workflows", keys: [.text])
        try query.finish()
        let tenant = context.tenant
        let items = try await service.database.read { connection in
            try ListWorkflows.page(tenant: tenant, after: page.cursor?.text(0), limit: page.fetchLimit, on: connection)
        }
        return Page.response(items, page, cursor: { Cursor("workflows", .text($0.name)) }) { writer, item in
            writer.object { WorkflowRendering.item(item, in: &$0) }
        }
    }

    /// `/workflows/{name}`, `/workflows/{name@version}` and `/workflows/{name}/{version}`.
    @Sendable private func read(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var text = try context.pathText("name")
        if context.parameters.get("version") != nil { text += "@\(try context.pathText("version"))" }
        try QueryReader(request).finish()
        let tenant = context.tenant
        guard let name = WorkflowName(text), let (stored, plan) = try await service.definition(name, tenant: tenant) else {
            throw Problem(.notFound)
        }
        let versions = try await service.database.read { connection in
            try ListWorkflows.versions(of: stored.name, owner: stored.tenant, limit: Self.mostVersions, on: connection)
        }
        return .jsonObject { WorkflowRendering.definition(stored, plan, versions: versions, in: &$0) }
    }

    /// The graph of a definition: `/workflows/{name}/graph.svg`, also for `{name@version}`.
    @Sendable private func graph(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try QueryReader(request).finish()
        guard let name = WorkflowName(try context.pathText("name")),
            let (_, plan) = try await service.definition(name, tenant: context.tenant)
        else { throw Problem(.notFound) }
        return .svg(WorkflowDrawing(plan).svg)
    }

    /// Version numbers that an answer names, the latest ones.
    private static let mostVersions = 100
}

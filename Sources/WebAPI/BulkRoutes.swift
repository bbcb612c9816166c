import HTTPTypes
import Hummingbird
import JSONText
package import TaskEngine
package import WebCore

/// Retrying and cancelling the tasks that match a filter. The answer is the operation, a task like any other: its progress,
/// result and logs are read there, and cancelling it stops it.
package struct BulkRoutes: RouteGroup {
    private let service: TaskService

    /// - Parameter service: submits the operations.
    package init(service: TaskService) {
        self.service = service
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.post("/tasks/retry", .operator) { try await act(.retry, $0, $1) }
        routes.post("/tasks/cancel", .operator) { try await act(.cancel, $0, $1) }
    }

    private func act(_ action: BulkAction, _ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let body = try await request.json(context: context)
        var fields = ObjectReader(body)
        let filter = BulkBody.filter(&fields, action, registry: service.registry)
        let isDryRun = fields.optionalBool("dry_run") ?? false
        try fields.finish()
        let key = try request.idempotencyKey(for: "POST /tasks/\(action.rawValue)", body.rawBytes, context)
        if isDryRun { return try await count(action, filter, context) }
        switch try await service.submit(action, filter, tenant: context.tenant, once: key) {
        case .refused(let refusal): throw Problem(refusal, at: "")
        case .submitted(let submitted):
            return Response.accepted(location: "/v1/tasks/\(submitted.ids[0])") { writer in
                TaskRendering.submitted(submitted.ids[0], submitted.tasks[0], in: &writer)
            }.replayed(submitted.isReplay)
        }
    }

    private func count(_ action: BulkAction, _ filter: BulkFilter, _ context: MillraceRequestContext) async throws -> Response {
        let count = try await service.countMatching(action, filter, tenant: context.tenant)
        return .jsonObject { writer in
            writer.field("dry_run", true)
            writer.countField("matched", count)
        }
    }
}

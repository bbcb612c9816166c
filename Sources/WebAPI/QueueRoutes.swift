import Hummingbird
import JSONText
import Storage
package import TaskEngine
package import WebCore

/// Queues. They belong to the platform: everybody sees them with their own work in them, and of other tenants'
/// work only how much there is.
package struct QueueRoutes: RouteGroup {
    private let service: TaskService

    /// - Parameter service: pauses and resumes; its database is the one that is read.
    package init(service: TaskService) {
        self.service = service
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.get("/queues", .viewer, list)
        routes.post("/queues/{name}/pause", .admin, pause)
        routes.post("/queues/{name}/resume", .admin, resume)
    }

    @Sendable private func list(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let page = query.page(of: "queues", keys: [.text])
        try query.finish()
        let tenant = context.tenant
        let (queues, limits) = try await service.database.read { connection in
            let queues = try ReadQueues.page(tenant: tenant, after: page.cursor?.text(0), limit: page.fetchLimit, on: connection)
            let pools = try ReadPools.all(workers: ReadPlatform.workers(on: connection), on: connection)
            return (queues, Dictionary(uniqueKeysWithValues: pools.map { ($0.name, $0.limit) }))
        }
        let now = service.now()
        return Page.response(queues, page, cursor: { Cursor(page.list, .text($0.name)) }) { writer, queue in
            writer.object { Self.write(queue, poolLimit: limits[queue.pool] ?? 0, now: now, in: &$0) }
        }
    }

    @Sendable private func pause(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await setPaused(true, request, context)
    }

    @Sendable private func resume(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await setPaused(false, request, context)
    }

    /// Running tasks go on; nothing new of a paused queue is started anywhere. With `{"scope": "tenant"}` that is true of the
    /// caller's own tenant only.
    private func setPaused(_ isPaused: Bool, _ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let name = try context.pathText("name")
        let isForTenant = try await Self.isForTenant(request, context)
        if !isForTenant { try context.require(.platform) }
        let exists =
            isForTenant
            ? try await service.setPaused(queue: name, tenant: context.tenant, isPaused)
            : try await service.setPaused(queue: name, isPaused)
        guard exists else { throw Problem(.notFound) }
        return .jsonObject { writer in
            writer.field("name", name)
            writer.field("paused", isPaused)
            writer.field("scope", isForTenant ? "tenant" : "all")
        }
    }

    private static func isForTenant(_ request: Request, _ context: MillraceRequestContext) async throws -> Bool {
        guard let body = try await request.optionalJSON(context: context) else { return false }
        var fields = ObjectReader(body)
        let scope = fields.optionalString("scope", oneOf: ["all", "tenant"])
        try fields.finish()
        return scope == "tenant"
    }

    private static func write(_ queue: QueueDetail, poolLimit: Int, now: Int64, in writer: inout JSONWriter) {
        writer.field("name", queue.name)
        writer.field("pool", queue.pool)
        writer.field("pool_limit", poolLimit)
        writer.field("weight", queue.weight)
        writer.field("paused", queue.isPaused)
        writer.field("paused_for_tenant", queue.isPausedForTenant)
        writer.countField("queued", queue.queued)
        writer.countField("scheduled", queue.scheduled)
        writer.countField("running", queue.running)
        writer.countField("others", queue.others)
        writer.field("oldest_ready_ms", queue.oldestReadyAt.map { max(0, now - $0) / 1000 })
    }
}

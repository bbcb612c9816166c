import Hummingbird
import JSONText
import Storage
package import TaskEngine
package import WebCore

/// Queues and pools. They belong to the platform: everybody sees them with their own work in them, and of other tenants'
/// work only how much there is.
package struct QueueRoutes: RouteGroup {
    private let service: TaskService

    /// - Parameter service: pauses and resumes; its database is the one that is read.
    package init(service: TaskService) {
        self.service = service
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.get("/queues", list)
        routes.post("/queues/{name}/pause", pause)
        routes.post("/queues/{name}/resume", resume)
        routes.get("/pools", pools)
    }

    @Sendable private func list(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let page = query.page(of: "queues", keys: [.text])
        try query.finish()
        let tenant = context.tenant
        let queues = try await service.database.read { connection in
            try ReadQueues.page(tenant: tenant, after: page.cursor?.text(0), limit: page.fetchLimit, on: connection)
        }
        let now = service.now()
        return Page.response(queues, page, cursor: { Cursor(page.list, .text($0.name)) }) { writer, queue in
            writer.object { Self.write(queue, now: now, in: &$0) }
        }
    }

    @Sendable private func pause(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await setPaused(true, request, context)
    }

    @Sendable private func resume(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await setPaused(false, request, context)
    }

    /// Running tasks go on; nothing new of a paused queue is started anywhere.
    private func setPaused(_ isPaused: Bool, _ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try context.require(.platform)
        let name = try context.pathText("name")
        try await request.requireNoFields(context: context)
        guard try await service.setPaused(queue: name, isPaused) else { throw Problem(.notFound) }
        return .jsonObject { writer in
            writer.field("name", name)
            writer.field("paused", isPaused)
        }
    }

    @Sendable private func pools(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let page = query.page(of: "pools", keys: [.text])
        try query.finish()
        let pools = try await service.database.read { try ReadPlatform.pools(workers: ReadPlatform.workers(on: $0), on: $0) }
        let rest = pools.filter { $0.name > page.cursor?.text(0) ?? "" }
        return Page.response(rest, page, cursor: { Cursor(page.list, .text($0.name)) }) { writer, pool in
            writer.object { writer in
                WorkerRendering.pool(pool, in: &writer)
                writer.field("workers", pool.workers)
            }
        }
    }

    private static func write(_ queue: QueueDetail, now: Int64, in writer: inout JSONWriter) {
        writer.field("name", queue.name)
        writer.field("pool", queue.pool)
        writer.field("weight", queue.weight)
        writer.field("paused", queue.isPaused)
        write("queued", queue.queued, in: &writer)
        write("scheduled", queue.scheduled, in: &writer)
        write("running", queue.running, in: &writer)
        write("others", queue.others, in: &writer)
        writer.field("oldest_ready_ms", queue.oldestReadyAt.map { max(0, now - $0) / 1000 })
    }

    /// A number, and beside it whether there are more than were counted.
    private static func write(_ key: String, _ count: LimitedCount, in writer: inout JSONWriter) {
        writer.field(key, count.number)
        writer.field(key + "_more", count.hasMore)
    }
}

import Hummingbird
import JSONText
import Storage
package import TaskEngine
package import WebCore

/// Pools and their limits. They belong to the platform; everybody may look.
package struct PoolRoutes: RouteGroup {
    private let service: TaskService

    /// - Parameter service: sets limits; its database is the one that is read.
    package init(service: TaskService) {
        self.service = service
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.get("/pools", .viewer, list)
        routes.patch("/pools/{name}", .platform, change)
    }

    @Sendable private func list(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let page = query.page(of: "pools", keys: [.text])
        try query.finish()
        let pools = try await service.database.read { try ReadPools.all(workers: ReadPlatform.workers(on: $0), on: $0) }
        let rest = pools.filter { $0.name > page.cursor?.text(0) ?? "" }
        return Page.response(rest, page, cursor: { Cursor(page.list, .text($0.name)) }) { writer, pool in
            writer.object { Self.write(pool, in: &$0) }
        }
    }

    /// `{"limit": n}` sets what each process runs at once, `{"limit": null}` removes that again.
    @Sendable private func change(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let name = try context.pathText("name")
        var fields = ObjectReader(try await request.json(context: context))
        let isRemoved = fields.nullValue("limit") != nil
        let limit = isRemoved ? nil : Int(fields.requiredInt("limit", in: 0...Int64(PoolSetup.largestLimit)))
        try fields.finish()
        guard let pool = try await service.setLimit(ofPool: name, limit) else { throw Problem(.notFound) }
        return .jsonObject { Self.write(pool, in: &$0) }
    }

    private static func write(_ pool: PoolDetail, in writer: inout JSONWriter) {
        WorkerRendering.pool(pool, in: &writer)
        writer.field("configured_limit", pool.configuredLimit)
        writer.field("override", pool.limitOverride)
        writer.field("workers", pool.workers)
    }
}

import Hummingbird
import JSONText
import Storage
package import TaskEngine
package import WebCore

/// Tokens of machines: made, listed and revoked. The token itself is in the answer that made it and nowhere else.
package struct TokenRoutes: RouteGroup {
    private let store: AccessStore

    /// - Parameter store: the process's.
    package init(store: AccessStore) {
        self.store = store
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.post("/tokens", .admin, create)
        routes.get("/tokens", .admin, list)
        routes.get("/tokens/{id}", .admin, read)
        routes.delete("/tokens/{id}", .admin, revoke)
    }

    /// `{"name": "ci", "role": "operator", "ttl_ms": …}`, or `{"name": "gpu-1", "task_types": ["ocr.page"]}` for a remote worker.
    @Sendable private func create(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        // What the first answer held is not stored, so it could not be given again.
        if request.headers[.idempotencyKey] != nil {
            throw Problem(.malformedRequest, "Tokens take no Idempotency-Key: a token is shown once.")
        }
        var fields = ObjectReader(try await request.json(context: context))
        let name = fields.requiredString("name", maxLength: StoredToken.longestName)
        if !name.isEmpty, !TokenRules.isSubject(name) { fields.problem("name", "must not hold control characters") }
        let role = fields.optionalString("role", oneOf: Role.allCases.map(\.rawValue))
        let types = fields.optionalStrings("task_types", maxCount: StoredToken.mostTypes, maxLength: 200)
        let lifetime = fields.optionalInt("ttl_ms", in: 60_000...315_360_000_000)
        if fields.problems.isEmpty {
            if (role == nil) == (types == nil) { fields.problem("role", "must be given, or task_types for a remote worker, and not both") }
            if types?.isEmpty == true { fields.problem("task_types", "must name at least one task type") }
        }
        try fields.finish()
        if let role = role.flatMap(Role.init) { try context.require(role) }
        let token = StoredToken.make()
        let new = NewToken(
            digest: StoredToken.digest(of: token), name: name, role: role ?? StoredToken.workerRole, types: types,
            createdBy: context.identity.subject, expiresAt: lifetime.map { store.now() + $0 * 1000 })
        switch try await store.store(new, tenant: context.tenant) {
        case .nameTaken: throw Problem(.conflict, "There is a token of this name; delete it first, or take another name.")
        case .tooMany: throw Problem(.conflict, "There are \(TokenRows.most) tokens already, which is the most.")
        case .stored(let stored):
            var response = Response.created(location: "/v1/tokens/\(stored.id)") { writer in
                writer.field("token", token)
                Self.write(stored, in: &writer)
            }
            response.headers[.cacheControl] = "no-store"
            return response
        }
    }

    @Sendable private func list(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let page = query.page(of: "tokens")
        try query.finish()
        let tenant = context.tenant
        let rows = try await store.database.read {
            try ReadTokens.page(tenant: tenant, before: page.afterID, limit: page.fetchLimit, on: $0)
        }
        return Page.response(rows, page, id: \.id) { writer, token in writer.object { Self.write(token, in: &$0) } }
    }

    @Sendable private func read(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try QueryReader(request).finish()
        let (id, tenant) = (try context.pathID(), context.tenant)
        guard let token = try await store.database.read({ try ReadTokens.find(id, tenant: tenant, on: $0) }) else {
            throw Problem(.notFound)
        }
        return .jsonObject { Self.write(token, in: &$0) }
    }

    @Sendable private func revoke(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await request.requireNoFields(context: context)
        guard try await store.revoke(try context.pathID(), tenant: context.tenant) else { throw Problem(.notFound) }
        return .noContent
    }

    private static func write(_ token: StoredToken, in writer: inout JSONWriter) {
        writer.field("id", token.id)
        writer.field("name", token.name)
        writer.field("role", token.role)
        if let types = token.types {
            writer.key("task_types")
            writer.array { array in for type in types { array.value(type) } }
        }
        writer.field("created_by", token.createdBy)
        writer.timeField("created_at", token.createdAt)
        writer.timeField("expires_at", token.expiresAt)
    }
}

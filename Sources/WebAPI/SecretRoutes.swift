import Hummingbird
import JSONText
import Storage
package import TaskEngine
package import WebCore

/// Secrets of a tenant: stored, listed by name and deleted. No answer ever has a value in it.
package struct SecretRoutes: RouteGroup {
    let secrets: SecretStore

    /// - Parameter secrets: the process's.
    package init(secrets: SecretStore) {
        self.secrets = secrets
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.get("/secrets", .viewer, list)
        routes.post("/secrets/rotate", .platform, rotate)
        routes.get("/secrets/{name}", .viewer, read)
        routes.put("/secrets/{name}", .admin, put)
        routes.delete("/secrets/{name}", .admin, delete)
    }

    @Sendable private func list(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let page = query.page(of: "secrets", keys: [.text])
        try query.finish()
        try requireKey()
        let tenant = context.tenant
        let rows = try await secrets.database.read {
            try ReadSecrets.page(tenant: tenant, after: page.cursor?.text(0), limit: page.fetchLimit, on: $0)
        }
        return Page.response(rows, page, cursor: { Cursor(page.list, .text($0.name)) }) { writer, secret in
            writer.object { Self.write(secret, in: &$0) }
        }
    }

    @Sendable private func read(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try QueryReader(request).finish()
        try requireKey()
        let (name, tenant) = (try context.pathText("name"), context.tenant)
        guard let secret = try await secrets.database.read({ try ReadSecrets.find(name, tenant: tenant, on: $0) }) else {
            throw Problem(.notFound)
        }
        return .jsonObject { Self.write(secret, in: &$0) }
    }

    /// `{"value": "…"}`. 201 when there was none of the name, else 200.
    @Sendable private func put(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try requireKey()
        let name = try context.pathText("name")
        guard SecretName.isValid(name) else {
            throw Problem(
                .invalidFields,
                "The name of a secret has up to \(SecretName.longest) letters, digits and underscores and begins with no digit.")
        }
        var fields = ObjectReader(try await request.json(context: context))
        let value = fields.requiredString("value", maxLength: SecretStore.longest)
        if !(SecretStore.shortest...SecretStore.longest).contains(value.utf8.count), fields.problems.isEmpty {
            fields.problem("value", "must have \(SecretStore.shortest) to \(SecretStore.longest) bytes")
        }
        if value.utf8.contains(0) { fields.problem("value", "must not hold a NUL") }
        try fields.finish()
        guard let (secret, isNew) = try await secrets.put(name, value, tenant: context.tenant) else { throw Self.unavailable }
        return .jsonObject(isNew ? .created : .ok, headers: [.location: "/v1/secrets/\(name)"]) { Self.write(secret, in: &$0) }
    }

    @Sendable private func delete(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await request.requireNoFields(context: context)
        try requireKey()
        let (name, tenant) = (try context.pathText("name"), context.tenant)
        guard SecretName.isValid(name), try await secrets.database.write({ try SecretRows.delete(name, tenant: tenant, on: $0) }) else {
            throw Problem(.notFound)
        }
        return .noContent
    }

    /// Seals the secrets of all tenants under the first key.
    @Sendable private func rotate(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await request.requireNoFields(context: context)
        guard let (rotated, unopened) = try await secrets.rotate() else { throw Self.unavailable }
        return .jsonObject { writer in
            writer.field("rotated", rotated)
            writer.field("unopened", unopened)
        }
    }

    private func requireKey() throws(Problem) {
        if !secrets.isAvailable { throw Self.unavailable }
    }

    private static var unavailable: Problem {
        Problem(
            .secretsUnavailable,
            "This process has no key to seal secrets with: set MILLRACE_SECRETS_KEY, for example to what openssl rand -base64 32 prints.")
    }

    private static func write(_ secret: SecretDetail, in writer: inout JSONWriter) {
        writer.field("name", secret.name)
        writer.timeField("created_at", secret.createdAt)
        writer.timeField("updated_at", secret.updatedAt)
    }
}

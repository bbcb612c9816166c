import Hummingbird
import JSONText
package import WebCore

/// `GET /me`: who the caller is to the server.
package struct MeRoute: RouteGroup {
    /// Creates the route.
    package init() {}

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.get("/me", .known, show)
    }

    @Sendable private func show(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try QueryReader(request).finish()
        let identity = context.identity
        return .jsonObject { writer in
            writer.field("tenant", identity.tenant)
            writer.field("subject", identity.subject)
            writer.field("role", Self.role(identity))
            writer.field("credential", Self.credential(identity))
            if case .worker(let types) = identity.scope {
                writer.key("task_types")
                writer.array { array in for type in types.sorted() { array.value(type) } }
            }
            writer.timeField("expires_at", identity.expiresAt)
        }
    }

    private static func role(_ identity: Identity) -> String {
        switch identity.scope {
        case .role: identity.role.rawValue
        case .worker: "worker"
        case .metrics: "metrics"
        }
    }

    private static func credential(_ identity: Identity) -> String {
        switch identity.credential {
        case .none: "none"
        case .signed: "signed_token"
        case .stored: "token"
        case .session: "session"
        case .metrics: "metrics_token"
        }
    }
}

import HTTPTypes
import Hummingbird
import JSONText
import Storage
package import WebCore

/// What probes and operators ask: is the process alive, is it ready, which version is it.
package struct HealthRoutes: RouteGroup {
    private let readiness: Readiness
    private let version: String

    /// - Parameter version: of the product, as released.
    package init(readiness: Readiness, version: String) {
        self.readiness = readiness
        self.version = version
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.get("/livez", .open, livez)
        routes.get("/readyz", .open, readyz)
        routes.get("/health", .open, readyz)
        routes.get("/version", .open, showVersion)
    }

    /// Touches nothing: a process whose database is down is alive and must not be restarted for it.
    @Sendable private func livez(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        .jsonObject { $0.field("status", "alive") }
    }

    /// That an answer comes at all proves life, so `/health` is the same question.
    @Sendable private func readyz(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let checks = await readiness.checks()
        if checks.allSatisfy({ $0.complaint == nil }) {
            return .jsonObject { writer in
                writer.field("status", "ready")
                Self.write(checks, in: &writer)
            }
        }
        return notReady(checks, context)
    }

    /// A problem with the checks beside it.
    private func notReady(_ checks: [Readiness.Check], _ context: MillraceRequestContext) -> Response {
        var response = Response.jsonObject(.serviceUnavailable, headers: [.retryAfter: "5"]) { writer in
            writer.field("type", "urn:millrace:problem:not_ready")
            writer.field("title", "Not ready")
            writer.field("status", 503)
            writer.field("detail", checks.compactMap { check in check.complaint.map { "\(check.name): \($0)" } }.joined(separator: "; "))
            writer.field("code", "not_ready")
            writer.field("request_id", context.requestID)
            Self.write(checks, in: &writer)
        }
        response.headers[.contentType] = "application/problem+json"
        return response
    }

    @Sendable private func showVersion(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        .jsonObject { writer in
            writer.field("version", version)
            writer.field("schema", Migrator.binaryNumber)
            writer.field("swift", Self.swift)
        }
    }

    private static func write(_ checks: [Readiness.Check], in writer: inout JSONWriter) {
        writer.key("checks")
        writer.object { writer in
            for check in checks { writer.field(check.name, check.complaint ?? "ok") }
        }
    }

    /// The compiler's version, as far as a program can ask for it.
    private static var swift: String {
        #if compiler(>=6.4)
        "6.4+"
        #elseif compiler(>=6.3)
        "6.3"
        #else
        "6.2"
        #endif
    }
}

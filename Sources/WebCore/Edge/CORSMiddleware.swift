import HTTPTypes
import Hummingbird

/// Lets scripts of other sites read answers, and answers the question that browsers ask beforehand (the preflight).
///
/// Never with credentials: a session cookie is for our own pages, and a script that has a token sends it in `Authorization`.
struct CORSMiddleware: RouterMiddleware {
    typealias Context = MillraceRequestContext

    let origins: CORSOrigins

    func handle(
        _ request: Request, context: MillraceRequestContext, next: (Request, MillraceRequestContext) async throws -> Response
    ) async throws -> Response {
        let allowed = request.headers[.origin].flatMap { origins.answer(to: $0) }
        if let allowed, request.method == .options, request.headers.contains(.accessControlRequestMethod) {
            return preflight(allowed)
        }
        var response = try await next(request, context)
        if origins.differ { response.headers.append(HTTPField(name: .vary, value: "Origin")) }
        if let allowed {
            response.headers[.accessControlAllowOrigin] = allowed
            response.headers[.accessControlExposeHeaders] = Self.exposed
        }
        return response
    }

    private func preflight(_ allowed: String) -> Response {
        var headers: HTTPFields = [
            .accessControlAllowOrigin: allowed, .accessControlAllowMethods: "GET, HEAD, POST, PUT, PATCH, DELETE",
            .accessControlAllowHeaders: "Authorization, Content-Type, Idempotency-Key, If-None-Match, Range, X-Request-Id",
            .accessControlMaxAge: "600",
        ]
        if origins.differ { headers[.vary] = "Origin" }
        return Response(status: .noContent, headers: headers)
    }

    private static let exposed = "Location, Retry-After, X-Request-Id, Content-Disposition, Content-Range, ETag"
}

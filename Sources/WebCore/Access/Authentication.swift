package import Hummingbird

/// Notes with each request who sent it. It refuses nobody: what a route asks of its caller is checked with the route, so that open routes
/// and unknown paths answer whoever asks.
package struct Authentication: RouterMiddleware {
    /// Works on every route's context.
    package typealias Context = MillraceRequestContext

    private let authenticator: Authenticator

    /// Creates the middleware.
    package init(_ authenticator: Authenticator) {
        self.authenticator = authenticator
    }

    /// Passes the request on with its caller.
    package func handle(
        _ request: Request, context: MillraceRequestContext, next: (Request, MillraceRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.caller = try await authenticator.caller(of: request, logger: context.logger)
        return try await next(request, context)
    }
}

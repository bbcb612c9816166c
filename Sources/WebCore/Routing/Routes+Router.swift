package import CoreMetrics
import HTTPTypes
package import Hummingbird

extension Routes {
    /// Makes the router of all routes with what every request passes through: its id, log line and metric, its errors as problems, and who
    /// sent it.
    /// - Parameters:
    ///   - metrics: Where request durations go.
    ///   - authenticator: Finds out who sent a request; nil when no keys are configured, see ``LoopbackGuard``.
    ///   - edge: What the operator says about the way to the server.
    package func makeRouter(
        metrics: any MetricsFactory, authenticator: Authenticator?, edge: Edge = Edge()
    ) -> Router<MillraceRequestContext> {
        let identity: [any MiddlewareProtocol<Request, Response, MillraceRequestContext>] = authenticator.map { [Authentication($0)] } ?? []
        return makeRouter(metrics: metrics, isLoopbackOnly: authenticator == nil, edge: edge, further: identity)
    }

    /// The same with other middleware in the place of the authentication. Where that is none and not everybody is ``Identity/local``, nobody is
    /// known, and only open routes answer.
    /// - Parameters:
    ///   - isLoopbackOnly: Whether no keys are configured.
    ///   - further: Nearest to the handlers last.
    package func makeRouter(
        metrics: any MetricsFactory, isLoopbackOnly: Bool, edge: Edge = Edge(),
        further: [any MiddlewareProtocol<Request, Response, MillraceRequestContext>] = []
    ) -> Router<MillraceRequestContext> {
        makeRouter(
            middleware: edge.outermost + [RequestObserver(metrics: metrics)] + edge.crossOrigin
                + [ProblemMiddleware(), LoopbackGuard(isEnforced: isLoopbackOnly)] + further + edge.behindIdentity)
    }

    /// Makes the router of all routes, behind the middleware in the order given: the first is outermost.
    ///
    /// Two routes with the same method and path are a programmer's error and stop the process here, at start.
    package func makeRouter(middleware: [any MiddlewareProtocol<Request, Response, MillraceRequestContext>]) -> Router<
        MillraceRequestContext
    > {
        let router = Router(context: MillraceRequestContext.self, options: .autoGenerateHeadEndpoints)
        for part in middleware { router.add(middleware: part) }
        var methods: [String: Set<HTTPRequest.Method>] = [:]
        for route in routes {
            for prefix in route.prefixes {
                let path = prefix + route.path
                methods[path, default: []].insert(route.method)
                router.on(RouterPath(path), method: route.method, use: Self.admitting(route))
            }
        }
        for (path, allowed) in methods { addMissingMethods(router, path, allowed) }
        return router
    }

    /// The one place where a caller is let in or refused, before the handler sees anything of the request.
    private static func admitting(_ route: Route) -> Handler {
        let (access, handler, isForm) = (route.access, route.handler, route.isForm)
        if access == .open { return handler }
        return { request, context in
            try access.check(context.caller)
            if !isForm { try CrossSiteCheck.check(request, context.caller) }
            return try await handler(request, context)
        }
    }

    private func addMissingMethods(_ router: Router<MillraceRequestContext>, _ path: String, _ registered: Set<HTTPRequest.Method>) {
        var allowed = registered.union([.options])
        if allowed.contains(.get) { allowed.insert(.head) }
        let list = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        if !registered.contains(.options) {
            router.on(RouterPath(path), method: .options) { _, _ in Response(status: .noContent, headers: [.allow: list]) }
        }
        for method in ProblemMiddleware.knownMethods where !allowed.contains(method) {
            router.on(RouterPath(path), method: method) { _, _ -> Response in throw Problem(methodNotAllowed: list) }
        }
    }
}

package import CoreMetrics
import HTTPTypes
package import Hummingbird

extension Routes {
    /// Makes the router of all routes with what every request passes through: its id, log line and metric, its errors as problems, and the
    /// checks of a server without keys.
    /// - Parameters:
    ///   - metrics: Where request durations go.
    ///   - isLoopbackOnly: Whether no keys are configured; see ``LoopbackGuard``.
    ///   - edge: What the operator says about the way to the server.
    ///   - further: Middleware behind these, nearest to the handlers last.
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
                router.on(RouterPath(path), method: route.method, use: route.handler)
            }
        }
        for (path, allowed) in methods { addMissingMethods(router, path, allowed) }
        return router
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

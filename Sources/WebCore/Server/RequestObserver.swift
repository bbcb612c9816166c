package import CoreMetrics
import HTTPTypes
package import Hummingbird
import Logging
import Synchronization

/// The outermost middleware: gives the request its id, writes one log line when it is answered and measures how long that took.
///
/// The line has level debug, or info when the answer is a 5xx. It holds the path and not the query. The duration is recorded as
/// `http.server.request.duration` by route, method and status class; routes are those of the site map without prefix, so their number is
/// bounded, and unknown paths count together as `NotFound`.
package struct RequestObserver: RouterMiddleware {
    /// Works on every route's context.
    package typealias Context = MillraceRequestContext

    private let timers: RequestTimers

    /// Creates the middleware.
    /// - Parameter metrics: Where durations go.
    package init(metrics: any MetricsFactory) {
        timers = RequestTimers(metrics: metrics)
    }

    /// Passes the request on, then counts and logs it.
    package func handle(
        _ request: Request, context: MillraceRequestContext, next: (Request, MillraceRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let id = RequestIdentifier.accepted(request.headers[RequestIdentifier.header]) { context.requestID = id }
        let start = ContinuousClock.now
        var response = try await next(request, context)
        let duration = ContinuousClock.now - start
        response.headers[RequestIdentifier.header] = context.requestID
        timers.record(duration, route: context.endpointPath, method: request.method, status: response.status)
        log(request, response, duration, context)
        return response
    }

    private func log(_ request: Request, _ response: Response, _ duration: Duration, _ context: MillraceRequestContext) {
        let level: Logger.Level = response.status.kind == .serverError ? .info : .debug
        guard context.logger.logLevel <= level else { return }
        let microseconds = duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
        context.logger.log(
            level: level, "request",
            metadata: [
                "method": "\(request.method)", "path": "\(request.uri.path)", "status": "\(response.status.code)", "us": "\(microseconds)",
                "client": "\(context.remoteAddress ?? "-")",
            ])
    }
}

/// The timers by route, method and status class, each made once.
private final class RequestTimers: Sendable {
    private struct Key: Hashable {
        let route: String
        let method: HTTPRequest.Method
        let statusClass: Int
    }

    private let metrics: any MetricsFactory
    private let timers = Mutex<[Key: any TimerHandler]>([:])

    init(metrics: any MetricsFactory) {
        self.metrics = metrics
    }

    func record(_ duration: Duration, route: String?, method: HTTPRequest.Method, status: HTTPResponse.Status) {
        let key = Key(route: route ?? "NotFound", method: method, statusClass: status.code / 100)
        let timer = timers.withLock { timers in
            if let timer = timers[key] { return timer }
            let timer = makeTimer(key)
            // A method outside the known ones is a client's own word: count it, but keep no entry for it.
            if ProblemMiddleware.knownMethods.contains(key.method) { timers[key] = timer }
            return timer
        }
        timer.recordNanoseconds(duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000)
    }

    private func makeTimer(_ key: Key) -> any TimerHandler {
        let isKnown = ProblemMiddleware.knownMethods.contains(key.method)
        return metrics.makeTimer(
            label: "http.server.request.duration",
            dimensions: [
                ("http.route", Self.template(key.route)), ("http.request.method", isKnown ? key.method.rawValue : "OTHER"),
                ("http.response.status_class", "\(key.statusClass)xx"),
            ])
    }

    /// The route without its prefix: `/v1/tasks/{id}` and `/tasks/{id}` are one.
    private static func template(_ route: String) -> String {
        for prefix in Routes.apiPrefixes where !prefix.isEmpty && route.hasPrefix(prefix + "/") {
            return String(route.dropFirst(prefix.count))
        }
        return route
    }
}

import HTTPTypes
package import Hummingbird

/// Protects a server without keys from the browser of the person at the machine.
///
/// Such a server trusts whoever reaches it, and it is bound to loopback. A web page somewhere else can still make a browser on this machine
/// send requests: through a name that it lets point to 127.0.0.1 (then `Host` is foreign: 403), or across sites (then `Origin` is foreign or
/// `Sec-Fetch-Site` says so: 403). 403 and not 421 for `Host`, because a client must not try the same again elsewhere.
/// Whoever passes is ``Identity/local``.
package struct LoopbackGuard: RouterMiddleware {
    /// Works on every route's context.
    package typealias Context = MillraceRequestContext

    private let isEnforced: Bool

    /// Creates the guard.
    /// - Parameter isEnforced: Whether no keys are configured. If false, only the presence of exactly one `Host` is checked.
    package init(isEnforced: Bool) {
        self.isEnforced = isEnforced
    }

    /// Passes the request on or refuses it.
    package func handle(
        _ request: Request, context: MillraceRequestContext, next: (Request, MillraceRequestContext) async throws -> Response
    ) async throws -> Response {
        try check(request)
        guard isEnforced else { return try await next(request, context) }
        var context = context
        context.caller = .known(.local)
        return try await next(request, context)
    }

    private func check(_ request: Request) throws(Problem) {
        guard let authority = request.head.authority, !authority.isEmpty else { throw Problem(.missingHost) }
        // The first Host became the authority; one that is still among the fields is a second.
        if request.headers.contains(Self.host) { throw Problem(.malformedRequest, "More than one Host header.") }
        guard isEnforced else { return }
        if !Loopback.isLoopback(authority: authority) { throw Problem(.foreignHost, Self.hint) }
        if let host = request.uri.host, !Loopback.isLoopback(host) { throw Problem(.foreignHost, Self.hint) }
        if request.headers[Self.fetchSite] == "cross-site" { throw Problem(.crossSite, Self.hint) }
        if let origin = request.headers[.origin], !isLoopback(origin: origin) { throw Problem(.crossSite, Self.hint) }
    }

    private func isLoopback(origin: String) -> Bool {
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return Loopback.isLoopback(authority: origin.dropFirst(scheme.count))
        }
        return false
    }

    private static let host = HTTPField.Name("Host")!
    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
    private static let hint = "Without authentication the server answers this machine only, under localhost, 127.0.0.1 or [::1]."
}

import Hummingbird

/// What the server does for a request before anybody knows whose it is: what an operator says about the way to it.
package struct Edge: Sendable {
    /// Whether the connections themselves are encrypted.
    package var isTLS = false
    /// Whom to believe where a request comes from.
    package var proxies = TrustedProxies.none
    /// Which other sites' scripts may read answers.
    package var origins = CORSOrigins.none

    /// What each tenant may send; nil for no limit.
    package var tenantRequests: RequestRate?

    /// No TLS, no proxies, no other sites.
    package init() {}

    /// What stands before everything else: the request's way.
    var outermost: [any MiddlewareProtocol<Request, Response, MillraceRequestContext>] {
        isTLS || !proxies.isEmpty ? [ForwardedMiddleware(proxies: proxies, isTLS: isTLS)] : []
    }

    /// What stands behind the authentication.
    var behindIdentity: [any MiddlewareProtocol<Request, Response, MillraceRequestContext>] {
        tenantRequests.map { [TenantRateLimit(rate: $0)] } ?? []
    }

    /// What stands outside the errors, which other sites' scripts may read as well, and the identity, which no preflight has.
    var crossOrigin: [any MiddlewareProtocol<Request, Response, MillraceRequestContext>] {
        origins.isEmpty ? [] : [CORSMiddleware(origins: origins)]
    }
}

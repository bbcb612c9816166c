package import Hummingbird
import Synchronization

/// Refuses a tenant's requests beyond its rate with 429 and `Retry-After`, so that one tenant's loop does not take the server from the
/// others. Stands behind the authentication: the tenant is the identity's. Counts in this process alone.
package final class TenantRateLimit: RouterMiddleware {
    /// Works on every route's context.
    package typealias Context = MillraceRequestContext

    private let buckets: Mutex<TenantBuckets>
    private let start = ContinuousClock.now

    /// Limits every tenant to the same rate.
    package init(rate: RequestRate) {
        buckets = Mutex(TenantBuckets(rate: rate))
    }

    /// Passes the request on or refuses it.
    package func handle(
        _ request: Request, context: MillraceRequestContext, next: (Request, MillraceRequestContext) async throws -> Response
    ) async throws -> Response {
        // Who is nobody's is refused by the route, or asks an open one, such as a probe's: that must not depend on how many others do.
        guard !context.tenant.isEmpty else { return try await next(request, context) }
        let elapsed = (ContinuousClock.now - start).components
        let now = elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000
        if let wait = buckets.withLock({ $0.take(context.tenant, now: now) }) {
            throw Problem(.tooManyRequests, "This tenant sends more requests than it may.", retryAfter: .nanoseconds(wait))
        }
        return try await next(request, context)
    }
}

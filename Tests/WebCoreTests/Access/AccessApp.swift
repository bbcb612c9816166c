import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSONText
import Logging
import NIOCore
import Storage
import Synchronization
import TaskEngine
import TestSupport
import WebCore

/// A server with keys, a route for each kind of access, and a database of the test's own.
struct AccessApp {
    let issuer: Issuer
    let store: AccessStore
    let clock: AccessClock
    let authenticator: Authenticator

    static func with<R>(
        secret: Bool = true, published: Bool = true, metricsToken: String? = nil, kind: DatabaseKind = .sqlite,
        _ body: (AccessApp) async throws -> R
    ) async throws -> R {
        try await withDatabase(kind) { database in
            let (issuer, clock) = (try Issuer(), AccessClock())
            let document = try issuer.published
            let keys = published ? PublishedKeys(clock: clock.engine, logger: .silent) { document } : nil
            let store = AccessStore(database: database, clock: clock.engine)
            let shared = secret ? try await VerificationKey.shared(Issuer.secret) : nil
            let authenticator = Authenticator(
                shared: shared, published: keys, rules: TokenRules(issuer: "issuer", audience: "millrace"), metricsToken: metricsToken,
                store: store, clock: clock.engine)
            return try await body(AccessApp(issuer: issuer, store: store, clock: clock, authenticator: authenticator))
        }
    }

    /// Each route answers with the caller's tenant and name.
    static var routes: Routes {
        let answer: Routes.Handler = { _, context in .text("\(context.identity.tenant)/\(context.identity.subject)") }
        var routes = Routes()
        routes.get("/open", .open, answer)
        routes.get("/viewer", .viewer, answer)
        routes.get("/operator", .operator, answer)
        routes.get("/admin", .admin, answer)
        routes.get("/platform", .platform, answer)
        routes.get("/worker", .worker, answer)
        routes.get("/metrics", .metrics, answer)
        routes.get("/me", .known, answer)
        routes.post("/change", .viewer, answer)
        return routes
    }

    struct Answer {
        let status: Int
        let headers: HTTPFields
        let text: String
    }

    /// - Parameter authenticator: another one than the app's own.
    func send(
        _ path: String, token: String? = nil, method: HTTPRequest.Method = .get, headers: HTTPFields = [:],
        through authenticator: Authenticator? = nil, logger: Logger = .silent
    ) async throws -> Answer {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        let router = Self.routes.makeRouter(metrics: PrometheusRegistry(), authenticator: authenticator ?? self.authenticator)
        return try await Application(router: router, logger: logger).test(.router) { [headers] client in
            try await client.execute(uri: path, method: method, headers: headers) { response in
                Answer(status: response.status.code, headers: response.headers, text: String(buffer: response.body))
            }
        }
    }
}

/// Both clocks of a server, which stand still until they are moved together.
final class AccessClock: Sendable {
    private let offset = Mutex(Duration.zero)
    private let start = ContinuousClock.now

    var engine: EngineClock {
        EngineClock(
            now: { Issuer.now * 1_000_000 + self.offset.withLock { Int64($0 / .microseconds(1)) } },
            monotonic: { self.start + self.offset.withLock { $0 } })
    }

    func advance(by duration: Duration) { offset.withLock { $0 += duration } }
}

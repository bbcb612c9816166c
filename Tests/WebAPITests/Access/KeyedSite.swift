import App
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSONText
import NIOCore
import Storage
import TaskEngine
import TestSupport
import Testing
import WebAPI
import WebCore

/// All routes of the server behind a secret, over a database and files of the test's own, with no engine.
struct KeyedSite: Sendable {
    static let secret = "0123456789abcdef0123456789abcdef"
    static let metricsToken = "metrics-token-of-the-test"

    let routes: Routes
    let database: any Database
    /// On the same files as the server.
    let blobs: BlobStore
    private let client: any TestClientProtocol
    private let minter: TokenMinter

    static func with(_ kind: DatabaseKind, _ body: @Sendable (KeyedSite) async throws -> Void) async throws {
        try await withDatabasePlace(kind) { place in
            let settings = try settings(place)
            let parts = try await ProcessParts.open(
                settings, owner: kind == .sqlite ? SQLiteOwner(url: "") : nil, logger: .silent)
            defer { parts.database.close() }
            let doctor = DoctorService(doctor: ProcessParts.doctor(of: parts.database), interval: nil, logger: .silent)
            let readiness = Readiness(database: parts.database, migrator: parts.migrator) { false }
            let key = try await VerificationKey.shared(secret)
            let authenticator = Authenticator(shared: key, published: nil, metricsToken: metricsToken, store: parts.access)
            let routes = SiteMap.routes(
                parts, readiness: readiness, metrics: PrometheusRegistry(), doctor: doctor, authenticator: authenticator)
            let router = routes.makeRouter(metrics: PrometheusRegistry(), authenticator: authenticator)
            let blobs = try BlobStore(
                directory: settings.dataDirectory, database: parts.database, minFree: 0, now: EngineClock.system.now(), logger: .silent)
            try await Application(router: router, logger: .silent).test(.router) { client in
                try await body(
                    KeyedSite(
                        routes: routes, database: parts.database, blobs: blobs, client: client,
                        minter: TokenMinter(key: key, rules: TokenRules())))
            }
        }
    }

    private static func settings(_ place: DatabasePlace) throws -> Settings {
        try Settings(
            SettingsSource(environment: [
                "DATABASE_URL": place.kind == .sqlite ? "sqlite:" + place.url : place.url, "MILLRACE_JWT_SECRET": secret,
                "MILLRACE_DATA_DIR": place.directory.path("data"), "MILLRACE_ROOT": RepositoryFiles.root.path, "MILLRACE_MIN_FREE": "0",
                "MILLRACE_SECRETS_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            ]))
    }

    /// A signed token.
    /// - Parameter lifetime: from now; a negative one has ended.
    func token(_ tenant: String, _ role: Role, lifetime: Duration = .seconds(3600)) throws -> String {
        try minter.mint(
            Identity(tenant: tenant, subject: "\(role)-of-\(tenant)", role: role), lifetime: lifetime, now: EngineClock.system.now())
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, token: String?, _ body: String? = nil, headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        return try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }) {
            Answer(status: $0.status.code, headers: $0.headers, text: String(buffer: $0.body))
        }
    }
}

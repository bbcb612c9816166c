import HTTPTypes
import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing
import WebCore

@Suite("Authenticator", .timeLimit(.minutes(1)))
struct AuthenticatorTests {
    @Test("a token of each key is taken, and names its owner")
    func goodTokens() async throws {
        try await AccessApp.with { app in
            for key in [Issuer.Key.secret, .rsa, .curve, .edwards] {
                let answer = try await app.send("/v1/operator", token: try app.issuer.token(by: key))
                #expect(answer.status == 200 && answer.text == "acme/ann", "\(key): \(answer.text)")
            }
            let list = try app.issuer.token(by: .rsa, ["aud": #"["other", "millrace"]"#])
            #expect(try await app.send("/v1/viewer", token: list).status == 200)
            let lower = try app.issuer.token(by: .secret)
            #expect(try await app.send("/v1/viewer", headers: [.authorization: "bEARER \(lower)"]).status == 200)
        }
    }

    @Test("clocks may differ by a minute, and a token that was taken is not taken when its time is over")
    func time() async throws {
        try await AccessApp.with { app in
            let token = try app.issuer.token(by: .secret, ["exp": "\(Issuer.now - 59)", "nbf": "\(Issuer.now + 60)"])
            #expect(try await app.send("/v1/viewer", token: token).status == 200)
            app.clock.advance(by: .seconds(1))
            #expect(try await app.send("/v1/viewer", token: token).status == 401)
        }
    }

    @Test("without a token a route that asks for one answers 401 and says how, an open one answers")
    func anonymous() async throws {
        try await AccessApp.with { app in
            for path in ["/v1/viewer", "/v1/platform", "/v1/worker", "/v1/metrics", "/v1/me"] {
                let answer = try await app.send(path)
                #expect(answer.status == 401)
                #expect(answer.headers[.wwwAuthenticate] == #"Bearer realm="millrace""#)
            }
            let open = try await app.send("/v1/open")
            #expect(open.text == "/")
            #expect(try await app.send("/v1/nowhere").status == 404)
        }
    }

    @Test("a role opens its routes and those of the roles below")
    func roles() async throws {
        try await AccessApp.with { app in
            for role in Role.allCases {
                let token = try app.issuer.token(by: .secret, ["role": #""\#(role.rawValue)""#])
                for asked in Role.allCases {
                    let answer = try await app.send("/v1/\(asked.rawValue)", token: token)
                    #expect(answer.status == (role >= asked ? 200 : 403), "\(role) on \(asked)")
                    if role < asked {
                        #expect(answer.text.contains("the role \(asked.rawValue)"))
                        #expect(answer.headers[.wwwAuthenticate]?.contains("insufficient_scope") == true)
                    }
                }
                #expect(try await app.send("/v1/me", token: token).status == 200)
                for narrow in ["worker", "metrics"] {
                    #expect(try await app.send("/v1/\(narrow)", token: token).status == (role == .platform ? 200 : 403))
                }
            }
        }
    }

    @Test("the metrics token reads metrics and nothing else")
    func metrics() async throws {
        let token = "0123456789abcdef-metrics"
        try await AccessApp.with(metricsToken: token) { app in
            #expect(try await app.send("/v1/metrics", token: token).status == 200)
            for path in ["/v1/viewer", "/v1/platform", "/v1/worker"] { #expect(try await app.send(path, token: token).status == 403) }
            let longer = try await app.send("/v1/metrics", token: token + "x")
            #expect(longer.status == 401)
        }
    }

    @Test(
        "a stored token is taken until it is revoked or expires, and by every process within five seconds",
        arguments: DatabaseKind.available)
    func stored(_ kind: DatabaseKind) async throws {
        try await AccessApp.with(kind: kind) { app in
            let other = Authenticator(
                shared: nil, published: nil, store: AccessStore(database: app.store.database, clock: app.clock.engine),
                clock: app.clock.engine)
            let (kept, gone) = (StoredToken.make(), StoredToken.make())
            var ids: [Int64] = []
            for (token, name, ttl): (String, String, Int64?) in [(kept, "kept", 60), (gone, "gone", nil)] {
                let new = NewToken(
                    digest: StoredToken.digest(of: token), name: name, role: "operator", createdBy: "ann",
                    expiresAt: ttl.map { app.store.now() + $0 * 1_000_000 })
                guard case .stored(let stored) = try await app.store.store(new, tenant: "acme") else {
                    Issue.record("not stored")
                    return
                }
                ids.append(stored.id)
            }
            for authenticator in [app.authenticator, other] {
                #expect(try await app.send("/v1/operator", token: gone, through: authenticator).text == "acme/gone")
                #expect(try await app.send("/v1/admin", token: gone, through: authenticator).status == 403)
                #expect(try await app.send("/v1/operator", token: kept, through: authenticator).status == 200)
            }
            // Another tenant's token is not there for its admin.
            #expect(try await !app.store.revoke(ids[1], tenant: "other"))
            #expect(try await app.store.revoke(ids[1], tenant: "acme"))
            app.clock.advance(by: .seconds(5))
            for authenticator in [app.authenticator, other] {
                #expect(try await app.send("/v1/operator", token: gone, through: authenticator).status == 401)
                #expect(try await app.send("/v1/operator", token: kept, through: authenticator).status == 200)
            }
            app.clock.advance(by: .seconds(55))
            #expect(try await app.send("/v1/operator", token: kept).status == 401)
        }
    }

    @Test("a worker's token speaks the worker protocol and nothing else")
    func worker() async throws {
        try await AccessApp.with { app in
            let token = StoredToken.make()
            let new = NewToken(
                digest: StoredToken.digest(of: token), name: "gpu", role: StoredToken.workerRole, types: ["ocr.page"], createdBy: "ann")
            _ = try await app.store.store(new, tenant: "acme")
            #expect(try await app.send("/v1/worker", token: token).text == "acme/gpu")
            for path in ["/v1/viewer", "/v1/operator", "/v1/platform", "/v1/metrics"] {
                #expect(try await app.send(path, token: token).status == 403)
            }
            #expect(try await app.authenticator.identity(of: token).scope == .worker(types: ["ocr.page"]))
        }
    }

    @Test("what is stored of a token tells nothing of it")
    func digest() async throws {
        try await AccessApp.with { app in
            let token = StoredToken.make()
            let new = NewToken(digest: StoredToken.digest(of: token), name: "ci", role: "viewer", createdBy: "ann")
            _ = try await app.store.store(new, tenant: "acme")
            let row = try await app.store.database.read { try $0.row("SELECT digest, name FROM tokens") { $0.text(0) + $0.text(1) } }
            #expect(row?.contains(token.dropFirst(4)) == false)
            #expect(row?.count == 66)
            // The digest is no token.
            #expect(try await app.send("/v1/viewer", token: new.digest).status == 401)
            #expect(try await app.send("/v1/viewer", token: "mrt_\(new.digest)").status == 401)
        }
    }
}

import HTTPTypes
import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing
import WebCore

@Suite("Published keys", .timeLimit(.minutes(1)))
struct PublishedKeysTests {
    /// Where keys come from, which can change and be away.
    final class Source: Sendable {
        struct Away: Error {}
        private let state = Mutex<(document: [UInt8]?, readings: Int)>((nil, 0))

        var readings: Int { state.withLock { $0.readings } }

        func set(_ document: [UInt8]?) { state.withLock { $0.document = document } }

        func read() throws -> [UInt8] {
            try state.withLock { state in
                state.readings += 1
                guard let document = state.document else { throw Away() }
                return document
            }
        }
    }

    private func with(_ body: (AccessApp, Source, PublishedKeys, Authenticator) async throws -> Void) async throws {
        try await AccessApp.with(published: false) { app in
            let source = Source()
            let keys = PublishedKeys(clock: app.clock.engine, logger: .silent) { try source.read() }
            let authenticator = Authenticator(
                shared: nil, published: keys, rules: TokenRules(), store: app.store, clock: app.clock.engine)
            try await body(app, source, keys, authenticator)
        }
    }

    @Test("an unknown key has the source read again, but not more often than every ten seconds")
    func unknownKey() async throws {
        try await with { app, source, _, authenticator in
            source.set(try app.issuer.published)
            let good = try app.issuer.token(by: .rsa)
            #expect(try await app.send("/v1/viewer", token: good, through: authenticator).status == 200)
            #expect(source.readings == 1)
            for number in 0..<20 {
                let token = try app.issuer.token(#"{"alg": "RS256", "kid": "k\#(number)"}"#, by: .rsa)
                #expect(try await app.send("/v1/viewer", token: token, through: authenticator).status == 401)
            }
            #expect(source.readings == 1)
            // A new key of the issuer is found as soon as it may be looked for.
            let next = try Issuer()
            source.set(try next.published)
            app.clock.advance(by: .seconds(10))
            let new = try next.token(#"{"alg": "RS256", "kid": "rsa"}"#, by: .rsa)
            #expect(try await app.send("/v1/viewer", token: new, through: authenticator).status == 401)
            let missing = try next.token(#"{"alg": "RS256", "kid": "missing"}"#, by: .rsa)
            #expect(try await app.send("/v1/viewer", token: missing, through: authenticator).status == 401)
            #expect(source.readings == 2)
            #expect(try await app.send("/v1/viewer", token: new, through: authenticator).status == 200)
        }
    }

    @Test("a token that was taken is not taken when its key is no longer published")
    func removedKey() async throws {
        try await with { app, source, keys, authenticator in
            source.set(try app.issuer.published)
            let token = try app.issuer.token(by: .edwards)
            #expect(try await app.send("/v1/viewer", token: token, through: authenticator).status == 200)
            source.set(try Issuer().published)
            await keys.refresh()
            #expect(try await app.send("/v1/viewer", token: token, through: authenticator).status == 401)
        }
    }

    @Test(
        "while the source is away or holds no keys, those from before go on",
        arguments: [nil, "", "{}", #"{"keys": []}"#, #"{"keys": [{"kty": "oct"}]}"#])
    func sourceAway(_ document: String?) async throws {
        try await with { app, source, keys, authenticator in
            source.set(try app.issuer.published)
            try await keys.load()
            source.set(document.map { Array($0.utf8) })
            await keys.refresh()
            app.clock.advance(by: .seconds(60))
            let token = try app.issuer.token(by: .curve)
            #expect(try await app.send("/v1/viewer", token: token, through: authenticator).status == 200)
            await #expect(throws: (any Error).self) { try await keys.load() }
        }
    }

    @Test("a source that was away from the start is a 503, not the token's fault, until it comes")
    func neverThere() async throws {
        try await with { app, source, _, authenticator in
            let token = try app.issuer.token(by: .rsa)
            let answer = try await app.send("/v1/viewer", token: token, through: authenticator)
            #expect(answer.status == 503)
            #expect(answer.headers[.retryAfter] != nil)
            source.set(try app.issuer.published)
            app.clock.advance(by: .seconds(10))
            #expect(try await app.send("/v1/viewer", token: token, through: authenticator).status == 200)
        }
    }

    @Test("a single key without a name is that of tokens without a name; of several, none is")
    func namelessKey() async throws {
        try await with { app, source, _, authenticator in
            let text = String(decoding: try app.issuer.published, as: UTF8.self)
            let key = text.split(separator: "{").first { $0.contains("Ed25519") } ?? ""
            let nameless = "{" + key.replacing(#""kid": "edwards", "#, with: "").prefix { $0 != "}" } + "}"
            source.set(Array(#"{"keys": [\#(nameless)]}"#.utf8))
            let token = try app.issuer.token(#"{"alg": "EdDSA"}"#, by: .edwards)
            #expect(try await app.send("/v1/viewer", token: token, through: authenticator).status == 200)
            source.set(try app.issuer.published)
            app.clock.advance(by: .seconds(10))
            let unknown = try app.issuer.token(#"{"alg": "RS256", "kid": "x"}"#, by: .rsa)
            #expect(try await app.send("/v1/viewer", token: unknown, through: authenticator).status == 401)
            #expect(try await app.send("/v1/viewer", token: token, through: authenticator).status == 401)
        }
    }
}

import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Storage
package import TaskEngine

/// Finds out who sent a request: by a signed token (JWT), a stored one (`mrt_…`), or the cookie of a session. One for the process, for its
/// API, pages and feed alike.
///
/// A signed token is taken when a key of this server signed it with the key's own algorithm and its claims are as ``TokenRules`` has them.
/// Stored tokens and sessions are looked up by their digest, and again after four seconds.
package final class Authenticator: Sendable {
    private let shared: VerificationKey?
    private let published: PublishedKeys?
    private let rules: TokenRules
    private let metricsToken: SHA256.Digest?
    private let store: AccessStore
    private let clock: EngineClock
    private let verified: VerifiedTokens

    /// - Parameters:
    ///   - shared: for tokens signed with HS256.
    ///   - published: for all others. With both, a token that names a key is checked with that one, and any other with the secret.
    ///   - metricsToken: reads `/metrics` and nothing else.
    ///   - store: stored tokens and sessions.
    package init(
        shared: VerificationKey?, published: PublishedKeys?, rules: TokenRules = TokenRules(), metricsToken: String? = nil,
        store: AccessStore, clock: EngineClock = .system
    ) {
        self.shared = shared
        self.published = published
        self.rules = rules
        self.metricsToken = metricsToken.map { SHA256.hash(data: Data($0.utf8)) }
        self.store = store
        self.clock = clock
        verified = VerifiedTokens(skew: rules.skew, clock: clock)
    }

    /// Who sent a request. A refusal is logged in one line, without what was refused.
    /// - Throws: `StorageError` when the database cannot be asked, ``Problem`` when the issuer's keys could not be read yet.
    func caller(of request: Request, logger: Logger) async throws -> Caller {
        do {
            // Two fields of this name are joined with a comma, which no token has.
            guard let field = request.headers[.authorization] else { return try await sessionCaller(of: request) }
            guard let token = Self.bearer(field) else { throw TokenFault.notBearer }
            return .known(try await identity(of: token))
        } catch let fault as TokenFault {
            logger.info("token refused", metadata: ["reason": "\(fault)", "method": "\(request.method)", "path": "\(request.uri.path)"])
            return .refused(.tokenRefused(fault))
        }
    }

    /// Whom a token names, signed or stored.
    /// - Throws: ``TokenFault``, `StorageError`, ``Problem`` as ``caller(of:logger:)``.
    package func identity(of token: String) async throws -> Identity {
        guard token.utf8.count <= SignedToken.longest else { throw TokenFault.tooLong }
        let digest = SHA256.hash(data: Data(token.utf8))
        let generation = published?.generation ?? 0
        if let identity = verified.find(digest, generation: generation) { return identity }
        // Digests are compared in constant time.
        if let metricsToken, metricsToken == digest {
            return Identity(tenant: "", subject: "metrics", role: .viewer, scope: .metrics, credential: .metrics)
        }
        if token.hasPrefix(StoredToken.prefix) { return try await storedIdentity(token, digest) }
        let identity = try await signedIdentity(SignedToken(token))
        verified.keep(digest, identity, generation: generation)
        return identity
    }

    private func signedIdentity(_ token: SignedToken) async throws -> Identity {
        let key = try await key(for: token)
        guard key.name == token.algorithm else { throw TokenFault.algorithm }
        guard key.signed(token.content, token.signature) else { throw TokenFault.signature }
        return try rules.identity(token.claims, now: clock.now())
    }

    private func key(for token: SignedToken) async throws -> VerificationKey {
        guard let published else {
            guard let shared else { throw TokenFault.unknownKey }
            return shared
        }
        // With both, what names no key is the secret's.
        if let shared, token.keyID == nil { return shared }
        switch await published.find(token.keyID) {
        case .key(let key): return key
        case .unknown: throw TokenFault.unknownKey
        case .unavailable:
            throw Problem(.storageUnavailable, "The keys that tokens are checked with cannot be read now.")
        }
    }

    private func storedIdentity(_ token: String, _ digest: SHA256.Digest) async throws -> Identity {
        let instant = clock.monotonic()
        guard token.utf8.count == StoredToken.length, let stored = try await store.token(StoredToken.digest(of: token)),
            let identity = Identity(stored)
        else {
            throw TokenFault.unknownToken
        }
        verified.keep(digest, identity, generation: 0, since: instant)
        return identity
    }

    private func sessionCaller(of request: Request) async throws -> Caller {
        switch SessionCookie.value(in: request) {
        case .none: return .anonymous
        case .some(nil): return .refused(.sessionRefused)
        case .some(let value?):
            let digest = SHA256.hash(data: Data(value.utf8))
            if let identity = verified.find(digest, generation: 0) { return .known(identity) }
            let instant = clock.monotonic()
            guard let session = try await store.session(SessionCookie.digest(of: value)),
                let identity = Identity(session, formToken: SessionCookie.formToken(of: value))
            else { return .refused(.sessionRefused) }
            verified.keep(digest, identity, generation: 0, since: instant)
            return .known(identity)
        }
    }

    /// Ends a session, in this process at once.
    package func endSession(_ value: String) async throws {
        try await store.endSession(SessionCookie.digest(of: value))
        verified.forget(SHA256.hash(data: Data(value.utf8)))
    }

    private static func bearer(_ field: String) -> String? {
        guard field.utf8.count > 7, field.prefix(7).lowercased() == "bearer " else { return nil }
        let token = field.dropFirst(7)
        guard token.utf8.allSatisfy({ isTokenByte($0) }) else { return nil }
        return String(token)
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"),
            UInt8(ascii: "="):
            true
        default: false
        }
    }
}

extension Identity {
    /// Whom a stored token names; nil when its role is unknown here.
    init?(_ token: StoredToken) {
        let credential = Credential.stored(id: token.id)
        if let types = token.types {
            self.init(
                tenant: token.tenant, subject: token.name, role: .viewer, scope: .worker(types: Set(types)), credential: credential,
                expiresAt: token.expiresAt)
        } else {
            guard let role = Role(rawValue: token.role) else { return nil }
            self.init(tenant: token.tenant, subject: token.name, role: role, credential: credential, expiresAt: token.expiresAt)
        }
    }

    /// Whose session it is; nil when its role is unknown here.
    init?(_ session: StoredSession, formToken: String) {
        guard let role = Role(rawValue: session.role) else { return nil }
        self.init(
            tenant: session.tenant, subject: session.subject, role: role, credential: .session(Session(formToken: formToken)),
            expiresAt: session.expiresAt)
    }
}

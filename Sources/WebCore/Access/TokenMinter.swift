import JSONText

/// Makes tokens that are signed with the shared secret (HS256).
package struct TokenMinter: Sendable {
    private let key: VerificationKey
    private let rules: TokenRules

    /// - Parameters:
    ///   - key: ``VerificationKey/shared(_:)``.
    ///   - rules: of the servers that are to take it: its issuer and audience go into the token.
    package init(key: VerificationKey, rules: TokenRules) {
        self.key = key
        self.rules = rules
    }

    /// A token for this identity.
    /// - Parameters:
    ///   - lifetime: whole seconds; what is less is dropped.
    ///   - now: microseconds since 1970.
    package func mint(_ identity: Identity, lifetime: Duration, now: Int64) throws -> String {
        let issued = now / 1_000_000
        var claims = JSONWriter()
        claims.object { writer in
            writer.field("sub", identity.subject)
            writer.field("tenant", identity.tenant)
            writer.field("role", identity.role.rawValue)
            writer.field("iat", issued)
            writer.field("exp", issued + lifetime.components.seconds)
            if let issuer = rules.issuer { writer.field("iss", issuer) }
            if let audience = rules.audience { writer.field("aud", audience) }
        }
        return try sign(#"{"alg":"\#(key.name)","typ":"JWT"}"#, claims.bytes)
    }

    /// Header and claims as they stand, signed.
    package func sign(_ header: String, _ claims: [UInt8]) throws -> String {
        let content = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(claims))"
        return "\(content).\(Base64URL.encode(try key.sign(Array(content.utf8))))"
    }
}

import JSONText
import TaskEngine

/// What the claims of a signed token must say.
package struct TokenRules: Sendable {
    /// `iss` must be this; nil lets it say anything.
    package var issuer: String?
    /// `aud` must be or contain this; nil lets it say anything.
    package var audience: String?
    /// How far the issuer's clock may be from this one.
    package var skew: Duration

    /// Creates rules.
    package init(issuer: String? = nil, audience: String? = nil, skew: Duration = .seconds(60)) {
        self.issuer = issuer
        self.audience = audience
        self.skew = skew
    }

    /// The end of the year 9999, in seconds: what is later is a mistake.
    private static let latest: Double = 253_402_300_799
    /// Bytes of the longest `sub`.
    package static let longestSubject = 256

    /// Whom a token names whose signature was found right.
    /// - Parameter now: microseconds since 1970.
    /// - Throws: ``TokenFault``.
    func identity(_ claims: JSONValue, now: Int64) throws(TokenFault) -> Identity {
        let skew = Int64(skew / .microseconds(1))
        guard let expiry = try Self.time("exp", claims) else { throw .claim("exp") }
        guard now < expiry + skew else { throw .expired }
        if let start = try Self.time("nbf", claims), start > now + skew { throw .notYetValid }
        _ = try Self.time("iat", claims)
        if let issuer, claims["iss"]?.string != issuer { throw .issuer }
        if let audience, !Self.names(claims["aud"], audience) { throw .audience }
        guard let subject = claims["sub"]?.string, Self.isSubject(subject) else { throw .claim("sub") }
        guard let tenant = claims["tenant"]?.string, TenantName.isValid(tenant) else { throw .claim("tenant") }
        guard let role = claims["role"]?.string.flatMap(Role.init) else { throw .claim("role") }
        return Identity(tenant: tenant, subject: subject, role: role, credential: .signed, expiresAt: expiry)
    }

    /// Whether a caller may be called this: text without control characters, since it is written to logs.
    package static func isSubject(_ text: String) -> Bool {
        (1...longestSubject).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0.properties.generalCategory != .format }
    }

    /// Microseconds since 1970 of a NumericDate; nil when the claim is not there.
    private static func time(_ name: String, _ claims: JSONValue) throws(TokenFault) -> Int64? {
        guard let value = claims[name] else { return nil }
        guard let seconds = value.double, (0...latest).contains(seconds) else { throw .claim(name) }
        return Int64(seconds * 1_000_000)
    }

    private static func names(_ value: JSONValue?, _ audience: String) -> Bool {
        guard let value else { return false }
        return value.string == audience || value.elements.contains { $0.string == audience }
    }
}

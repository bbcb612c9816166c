import Foundation
package import WebCore

/// Who is let in: what tokens are checked with. Without any key the server trusts whoever reaches it, and answers this machine only.
package struct AccessSettings: Sendable {
    /// Where public keys come from.
    package enum KeySource: Sendable, Equatable {
        /// Path of a file.
        case file(String)
        /// An `https` address.
        case url(String)
    }

    /// For HS256.
    package var secret: String?
    /// For RS256, ES256 and EdDSA.
    package var keys: KeySource?
    /// What tokens must say beside their signature.
    package var rules: TokenRules
    /// Reads `/metrics` and nothing else.
    package var metricsToken: String?
    /// What a command of this process shows to a server.
    package var clientToken: String?

    /// Whether callers have to show who they are.
    package var hasKeys: Bool { secret != nil || keys != nil }

    init(_ source: SettingsSource) throws {
        secret = try Self.secret(.jwtSecret, least: VerificationKey.shortestSecret, source)
        keys = try Self.keys(source)
        metricsToken = try Self.secret(.metricsToken, least: 16, source)
        clientToken = try Self.clientToken(source)
        rules = TokenRules(
            issuer: source.isSet(.jwtIssuer) ? source.text(.jwtIssuer) : nil,
            audience: source.isSet(.jwtAudience) ? source.text(.jwtAudience) : nil,
            skew: try source.milliseconds(.jwtSkew, in: 0...600_000))
    }

    private static func secret(_ name: SettingName, least: Int, _ source: SettingsSource) throws -> String? {
        guard source.isSet(name) else { return nil }
        let text = source.text(name)
        guard text.utf8.count >= least else {
            throw SettingsError(name, "", expected: "at least \(least) bytes long, as what openssl rand -base64 32 prints is")
        }
        return text
    }

    private static func clientToken(_ source: SettingsSource) throws -> String? {
        if source.isSet(.token) { return source.text(.token) }
        guard source.isSet(.tokenFile) else { return nil }
        let path = source.text(.tokenFile)
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingsError(.tokenFile, path, expected: "a file that can be read")
        }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func keys(_ source: SettingsSource) throws -> KeySource? {
        guard source.isSet(.jwks) else { return nil }
        let text = source.text(.jwks)
        if text.hasPrefix("https://") { return .url(text) }
        guard !text.contains("://") else {
            throw SettingsError(.jwks, text, expected: "the path of a file or an address that begins with https://")
        }
        return .file(text)
    }
}

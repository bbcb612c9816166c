import TaskEngine
import WebCore

/// Makes signed tokens for people, with the secret that the servers of the same configuration check them with.
package struct TokenMint: Sendable {
    /// The longest time that one holds.
    package static let longest = Duration.seconds(366 * 86_400)

    private let settings: AccessSettings

    /// - Parameter settings: of this process.
    package init(_ settings: Settings) {
        self.settings = settings.access
    }

    /// The names of the roles, lowest first.
    package static var roles: [String] { Role.allCases.map(\.rawValue) }

    /// A token.
    /// - Throws: ``ClientError`` with code `usage` when there is no secret, or what is asked for cannot be.
    package func mint(tenant: String, role: String, subject: String, lifetime: Duration) async throws -> String {
        guard let secret = settings.secret else {
            throw ClientError(
                .usage, "\(SettingName.jwtSecret.rawValue) is not set: there is no secret to sign with, for example openssl rand -base64 32"
            )
        }
        guard TenantName.isValid(tenant) else {
            throw ClientError(
                .usage, "'\(tenant)' is no tenant: it has up to \(TenantName.longest) lower-case letters, digits, '_', '-' and '.'")
        }
        guard let role = Role(rawValue: role) else {
            throw ClientError(.usage, "'\(role)' is no role: use \(Self.roles.joined(separator: ", "))")
        }
        guard TokenRules.isSubject(subject) else { throw ClientError(.usage, "the subject is empty or too long") }
        guard lifetime > .zero, lifetime <= Self.longest else { throw ClientError(.usage, "a token holds for up to 366 days") }
        let minter = TokenMinter(key: try await VerificationKey.shared(secret), rules: settings.rules)
        return try minter.mint(
            Identity(tenant: tenant, subject: subject, role: role), lifetime: lifetime, now: EngineClock.system.now())
    }
}

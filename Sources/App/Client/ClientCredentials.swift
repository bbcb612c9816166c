import Foundation
import TaskEngine
import WebCore

/// What a command shows to a server: the token of `MILLRACE_TOKEN`.
///
/// Where there is none, the owner of the configured database gets one that is made with `MILLRACE_JWT_SECRET`: whoever has database and
/// secret could do without asking. A server that the command line names gets none of that kind: it may be anybody's.
struct ClientCredentials: Sendable {
    /// Longer than any command waits for an answer to a request.
    private static let lifetime = Duration.seconds(900)

    private let settings: AccessSettings

    init(_ settings: Settings) {
        self.settings = settings.access
    }

    /// Headers for a request.
    /// - Parameter isOwner: whether it goes to the owner of the configured database.
    func headers(isOwner: Bool) async throws -> [(name: String, value: String)] {
        if let token = settings.clientToken { return [("Authorization", "Bearer \(token)")] }
        guard isOwner, let secret = settings.secret else { return [] }
        let minter = TokenMinter(key: try await VerificationKey.shared(secret), rules: settings.rules)
        var identity = Identity.local
        identity.subject = "command"
        let token = try minter.mint(identity, lifetime: Self.lifetime, now: EngineClock.system.now())
        return [("Authorization", "Bearer \(token)")]
    }
}

import JSONText
package import Logging
import Storage
import TaskEngine

/// Has all secrets sealed under the first key, for a command: over HTTP or in the database itself (``ServerClient``). A server's own keys
/// count; in the database it is this process's. What was sealed before a try was lost stays so, and the next goes on.
package struct SecretsClient: Sendable {
    /// What a server may take: each secret is a transaction.
    private static let answerTimeout = Duration.seconds(600)

    private let settings: Settings
    private let server: ServerClient
    private let logger: Logger

    /// - Parameter url: of a server; nil finds the way by the configured database.
    package init(settings: Settings, url: String?, logger: Logger) {
        self.settings = settings
        server = ServerClient(settings: settings, url: url)
        self.logger = logger
    }

    /// - Returns: how many secrets were sealed again, and how many no key opened.
    /// - Throws: ``ClientError``, ``StorageError``.
    package func rotate() async throws -> (rotated: Int, unopened: Int) {
        try await server.reach {
            try await rotateInDatabase()
        } asking: { url in
            let call = ServerClient.Call(path: "/v1/secrets/rotate", timeout: Self.answerTimeout)
            let answer = try await server.send(call, to: url).object(with: "rotated")
            return (Int(answer["rotated"]?.int64 ?? 0), Int(answer["unopened"]?.int64 ?? 0))
        }
    }

    private func rotateInDatabase() async throws -> (rotated: Int, unopened: Int) {
        let parts = try await ProcessParts.open(settings, owner: SQLiteOwner(url: ""), logger: logger)
        defer { parts.database.close() }
        guard let result = try await parts.secrets.rotate() else {
            throw ClientError(.usage, "\(SettingName.secretsKey.rawValue) is not set: there is no key to seal secrets under")
        }
        return result
    }
}

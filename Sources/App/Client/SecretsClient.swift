import Executors
import JSONText
package import Logging
import Storage
import TaskEngine

/// Has all secrets sealed under the first key, for a command: over HTTP or in the database itself.
///
/// With a URL it asks that server, whose keys count then. Without, it uses this process's keys on the configured database; when
/// that is an SQLite file which another process owns, it asks the owner.
package struct SecretsClient: Sendable {
    /// What a server may take: each secret is a transaction.
    private static let answerTimeout = Duration.seconds(600)

    private let settings: Settings
    private let url: String?
    private let logger: Logger

    /// - Parameter url: of a server; nil finds the way by the configured database.
    package init(settings: Settings, url: String?, logger: Logger) {
        self.settings = settings
        self.url = url
        self.logger = logger
    }

    /// - Returns: how many secrets were sealed again, and how many no key opened.
    /// - Throws: ``ClientError``, ``StorageError``.
    package func rotate() async throws -> (rotated: Int, unopened: Int) {
        if let url { return try await post(to: url) }
        do {
            return try await rotateInDatabase()
        } catch let error as StorageError where error.code == .locked {
            guard let owner = settings.database.answeringOwner else { throw error }
            return try await post(to: owner)
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

    private func post(to url: String) async throws -> (rotated: Int, unopened: Int) {
        let http = OutgoingHTTP(egress: EgressGuard(allowed: .none), version: MillraceApp.version)
        var request = OutgoingRequest(method: "POST", url: try TaskClient.endpoint(url, "/v1/secrets/rotate"), body: [])
        request.timeout = Self.answerTimeout
        do {
            let response = try await http.send(request, through: .trusted)
            let body = String(decoding: response.body, as: UTF8.self)
            guard response.status == 200, let answer = try? JSONDocument(parsing: body).root, let rotated = answer["rotated"]?.int64 else {
                throw ClientError(status: response.status, body: body)
            }
            return (Int(rotated), Int(answer["unopened"]?.int64 ?? 0))
        } catch let failure as OutgoingFailure {
            throw ClientError(.unreachable, failure.message)
        }
    }
}

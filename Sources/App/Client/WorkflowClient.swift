import Executors
import Foundation
package import JSONText
package import Logging
import Storage
import TaskEngine
import WebAPI
import WebCore

/// Registers definitions of workflows for a command, over HTTP or in the database itself.
///
/// With a URL it asks that server. Without, it writes to the configured database; when that is an SQLite file which another
/// process owns, it asks the owner, whose URL stands in the lock file. The same definition again changes nothing, so that a try
/// whose answer was lost is simply made again.
package struct WorkflowClient: Sendable {
    /// What a server may take for its answer: it reads and checks up to 10,000 nodes.
    private static let answerTimeout = Duration.seconds(60)

    private let settings: Settings
    private let url: String?
    private let tasks: TeamTasks
    private let http: OutgoingHTTP
    private let logger: Logger

    /// - Parameters:
    ///   - url: of a server; nil finds the way by the configured database.
    ///   - tasks: what this binary adds to the built-in task types.
    package init(settings: Settings, url: String?, tasks: TeamTasks = .none, logger: Logger) {
        self.settings = settings
        self.url = url
        self.tasks = tasks
        self.logger = logger
        http = OutgoingHTTP(egress: EgressGuard(allowed: .none), version: MillraceApp.version)
    }

    /// What became of one definition.
    package enum Outcome: Sendable {
        /// The answer of `POST /v1/workflows`.
        case registered(JSONValue)
        /// All that is wrong with it, for people: one line for each problem.
        case refused(String)
    }

    /// Registers definitions one by one, or only checks them. Each is committed on its own.
    /// - Parameter texts: JSON.
    /// - Returns: an outcome for each.
    /// - Throws: ``ClientError``, ``StorageError`` when none could be asked about.
    package func register(_ texts: [String], isDryRun: Bool) async throws -> [Outcome] {
        let deadline = ContinuousClock.now + TaskClient.patience
        while true {
            do {
                return try await registerOnce(texts, isDryRun: isDryRun)
            } catch let error where isPassing(error) && ContinuousClock.now < deadline {
                try await Task.sleep(for: TaskClient.pause)
            } catch let failure as OutgoingFailure {
                throw ClientError(.unreachable, failure.message)
            }
        }
    }

    private func registerOnce(_ texts: [String], isDryRun: Bool) async throws -> [Outcome] {
        if let url { return try await post(texts, isDryRun, to: url) }
        do {
            return try await registerInDatabase(texts, isDryRun)
        } catch let error as StorageError where error.code == .locked {
            // Its owner may have no HTTP, or not yet: then the lock is tried again.
            guard let owner = settings.database.answeringOwner else { throw error }
            return try await post(texts, isDryRun, to: owner)
        }
    }

    private func registerInDatabase(_ texts: [String], _ isDryRun: Bool) async throws -> [Outcome] {
        let parts = try await ProcessParts.open(settings, owner: SQLiteOwner(url: ""), tasks: tasks, logger: logger)
        defer { parts.database.close() }
        var outcomes: [Outcome] = []
        for text in texts {
            do {
                let answer = try await WorkflowRegistration.register(
                    text, tenant: Identity.local.tenant, isDryRun: isDryRun, in: parts.workflows)
                var writer = JSONWriter()
                writer.object { answer.write(&$0) }
                outcomes.append(.registered(try JSONDocument(parsing: writer.bytes).root))
            } catch let problem as Problem {
                outcomes.append(.refused(ClientError(problem).message))
            }
        }
        return outcomes
    }

    private func post(_ texts: [String], _ isDryRun: Bool, to url: String) async throws -> [Outcome] {
        let endpoint = try TaskClient.endpoint(url, "/v1/workflows" + (isDryRun ? "?dry_run=true" : ""))
        var outcomes: [Outcome] = []
        for text in texts {
            var request = OutgoingRequest(method: "POST", url: endpoint, body: Array(text.utf8))
            request.headers = [("Content-Type", "application/json")]
            request.timeout = Self.answerTimeout
            let response = try await http.send(request, through: .trusted)
            let body = String(decoding: response.body, as: UTF8.self)
            switch response.status {
            case 200, 201:
                guard let answer = try? JSONDocument(parsing: body).root, answer["version"]?.int64 != nil else {
                    throw ClientError(.unreachable, "\(request.url.shown) does not answer like millrace")
                }
                outcomes.append(.registered(answer))
            case 422: outcomes.append(.refused(ClientError(status: response.status, body: body).message))
            default: throw ClientError(status: response.status, body: body)
            }
        }
        return outcomes
    }

    private func isPassing(_ error: any Error) -> Bool {
        switch error {
        case let error as StorageError: error.code == .locked || error.code == .busy
        // The owner of a database may end or move to another port meanwhile; a server that the caller named is there or not.
        case let failure as OutgoingFailure: failure.code == .connectionLost || (failure.code == .connectionFailed && url == nil)
        default: false
        }
    }
}

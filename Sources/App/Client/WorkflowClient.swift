package import JSONText
package import Logging
import Storage
import TaskEngine
import WebAPI
import WebCore

/// Registers definitions of workflows for a command, over HTTP or in the database itself (``ServerClient``). The same definition again
/// changes nothing, so that a try whose answer was lost is simply made again.
package struct WorkflowClient: Sendable {
    /// What a server may take for its answer: it reads and checks up to 10,000 nodes.
    private static let answerTimeout = Duration.seconds(60)

    private let settings: Settings
    private let server: ServerClient
    private let tasks: TeamTasks
    private let logger: Logger

    /// - Parameters:
    ///   - url: of a server; nil finds the way by the configured database.
    ///   - tasks: what this binary adds to the built-in task types.
    package init(settings: Settings, url: String?, tasks: TeamTasks = .none, logger: Logger) {
        self.settings = settings
        server = ServerClient(settings: settings, url: url)
        self.tasks = tasks
        self.logger = logger
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
        try await server.reach {
            try await registerInDatabase(texts, isDryRun)
        } asking: { url in
            try await post(texts, isDryRun, to: url)
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
        var outcomes: [Outcome] = []
        for text in texts {
            let path = "/v1/workflows" + (isDryRun ? "?dry_run=true" : "")
            let answer = try await server.send(
                ServerClient.Call(path: path, body: Array(text.utf8), timeout: Self.answerTimeout), to: url)
            outcomes.append(answer.status == 422 ? .refused(answer.refusal.message) : .registered(try answer.object(with: "version")))
        }
        return outcomes
    }
}

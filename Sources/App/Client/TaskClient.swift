import Foundation
package import JSONText
package import Logging
import Storage
import WebAPI
import WebCore

/// Submits a task for a command and looks what becomes of it, over HTTP or in the database itself (``ServerClient``).
///
/// Whichever way is taken, and however often, one call submits one task: all tries carry the same idempotency key.
package struct TaskClient: Sendable {
    /// Between two questions after a task's end, where nobody waits for it on the client's behalf.
    private static let shortestPause = Duration.milliseconds(20)
    private static let longestPause = Duration.milliseconds(500)

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

    /// Submits one task. It is committed when this returns.
    /// - Parameter body: as `POST /v1/tasks` takes it.
    /// - Returns: the answer of that route.
    /// - Throws: ``ClientError``, ``StorageError``.
    package func submit(_ body: JSONValue) async throws -> JSONValue {
        let key = UUID().uuidString
        return try await server.reach {
            try await submitToDatabase(body, key: key)
        } asking: { url in
            let call = ServerClient.Call(path: "/v1/tasks", body: Array(body.rawBytes), idempotencyKey: key)
            return try await server.send(call, to: url).object(with: "id")
        }
    }

    /// Waits until a task has ended.
    /// - Parameter limit: nil waits for ever.
    /// - Returns: the answer of `GET /v1/tasks/{id}/status`.
    /// - Throws: ``ClientError`` with code `notEnded` at the limit.
    package func waitForEnd(of id: Int64, limit: Duration?) async throws -> JSONValue {
        let deadline = limit.map { ContinuousClock.now + $0 }
        var watch = TaskWatch(settings: settings, server: server, logger: logger)
        defer { watch.close() }
        var pause = Self.shortestPause
        while true {
            let begun = ContinuousClock.now
            if let status = try await watch.status(id, within: deadline.map { begun.duration(to: $0) } ?? .seconds(3600)),
                Self.hasEnded(status)
            {
                return status
            }
            let now = ContinuousClock.now
            if let deadline, now >= deadline {
                throw ClientError(.notEnded, "task \(id) has not ended yet; GET /v1/tasks/\(id)/status tells when it has")
            }
            // Whoever holds an answer back for long sets the pace itself.
            if begun.duration(to: now) > .seconds(1) { pause = Self.shortestPause }
            try await Task.sleep(for: min(pause, deadline.map { now.duration(to: $0) } ?? pause))
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func submitToDatabase(_ body: JSONValue, key: String) async throws -> JSONValue {
        let parts = try await ProcessParts.open(settings, owner: SQLiteOwner(url: ""), tasks: tasks, logger: logger)
        defer { parts.database.close() }
        do {
            return try JSONDocument(parsing: try await DirectSubmit.submit(body, key: key, to: parts.service)).root
        } catch let problem as Problem {
            throw ClientError(problem)
        }
    }

    private static func hasEnded(_ status: JSONValue) -> Bool {
        ["succeeded", "failed", "cancelled", "skipped"].contains(status["status"]?.string ?? "")
    }
}

import Executors
import Foundation
package import JSONText
package import Logging
import Storage
import WebAPI
import WebCore

/// Submits a task for a command and looks what becomes of it, over HTTP or in the database itself.
///
/// With a URL it asks that server. Without, it writes to the configured database; when that is an SQLite file which another
/// process owns, it asks the owner, whose URL stands in the lock file. Whichever way is taken, and however often, one call
/// submits one task: all tries carry the same idempotency key.
package struct TaskClient: Sendable {
    /// How long a server that does not answer, or is just starting, is tried.
    static let patience = Duration.seconds(10)
    static let pause = Duration.milliseconds(100)
    /// Between two questions after a task's end, where nobody waits for it on the client's behalf.
    private static let shortestPause = Duration.milliseconds(20)
    private static let longestPause = Duration.milliseconds(500)

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

    /// Submits one task. It is committed when this returns.
    /// - Parameter body: as `POST /v1/tasks` takes it.
    /// - Returns: the answer of that route.
    /// - Throws: ``ClientError``, ``StorageError``.
    package func submit(_ body: JSONValue) async throws -> JSONValue {
        let key = UUID().uuidString
        let deadline = ContinuousClock.now + Self.patience
        while true {
            do {
                return try await submitOnce(body, key: key)
            } catch let error where isPassing(error) && ContinuousClock.now < deadline {
                try await Task.sleep(for: Self.pause)
            } catch let failure as OutgoingFailure {
                throw ClientError(.unreachable, failure.message)
            }
        }
    }

    /// Waits until a task has ended.
    /// - Parameter limit: nil waits for ever.
    /// - Returns: the answer of `GET /v1/tasks/{id}/status`.
    /// - Throws: ``ClientError`` with code `notEnded` at the limit.
    package func waitForEnd(of id: Int64, limit: Duration?) async throws -> JSONValue {
        let deadline = limit.map { ContinuousClock.now + $0 }
        var watch = TaskWatch(settings: settings, url: url, http: http, logger: logger)
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

    private func submitOnce(_ body: JSONValue, key: String) async throws -> JSONValue {
        if let url { return try await post(body, key: key, to: url) }
        do {
            return try await submitToDatabase(body, key: key)
        } catch let error as StorageError where error.code == .locked {
            // Its owner may have no HTTP, or not yet: then the lock is tried again.
            guard let owner = settings.database.answeringOwner else { throw error }
            return try await post(body, key: key, to: owner)
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

    private func post(_ body: JSONValue, key: String, to url: String) async throws -> JSONValue {
        var request = OutgoingRequest(method: "POST", url: try Self.endpoint(url, "/v1/tasks"), body: Array(body.rawBytes))
        request.headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)]
        let response = try await http.send(request, through: .trusted)
        let text = String(decoding: response.body, as: UTF8.self)
        guard [200, 202].contains(response.status) else { throw ClientError(status: response.status, body: text) }
        guard let answer = try? JSONDocument(parsing: text).root, answer["id"]?.int64 != nil else {
            throw ClientError(.unreachable, "\(request.url.shown) does not answer like millrace")
        }
        return answer
    }

    static func endpoint(_ base: String, _ path: String) throws -> OutgoingURL {
        do {
            return try OutgoingURL((base.hasSuffix("/") ? String(base.dropLast()) : base) + path)
        } catch {
            throw ClientError(.usage, "the server's url \(error.reason)")
        }
    }

    /// Whether the next try may go better, and is no second task: the key sees to that.
    private func isPassing(_ error: any Error) -> Bool {
        switch error {
        case let error as StorageError: error.code == .locked || error.code == .busy
        // The owner of a database may end or move to another port meanwhile; a server that the caller named is there or not.
        case let failure as OutgoingFailure: failure.code == .connectionLost || (failure.code == .connectionFailed && url == nil)
        default: false
        }
    }

    private static func hasEnded(_ status: JSONValue) -> Bool {
        ["succeeded", "failed", "cancelled", "skipped"].contains(status["status"]?.string ?? "")
    }
}

extension DatabaseLocation {
    /// The URL that the lock file of an SQLite database names, if it can be asked.
    var answeringOwner: String? {
        guard case .sqlite(let path) = self, let owner = SQLiteOwner(lastOf: path), !owner.url.isEmpty, !owner.url.hasSuffix(":0") else {
            return nil
        }
        return owner.url
    }
}

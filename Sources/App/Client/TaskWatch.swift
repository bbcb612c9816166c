import Executors
import JSONText
import Logging
import Storage
import TaskEngine
import WebAPI

/// Asks for one task's status until it has ended: the server that answers, else the database itself, which is opened once.
///
/// A server is asked to hold its answer back until the task has ended (`wait_ms`), so that the end is known at once and few
/// questions are asked.
struct TaskWatch {
    private let settings: Settings
    private let server: ServerClient
    private let logger: Logger
    /// Over the database, when that had to be opened.
    private var service: TaskService?
    private var failures = 0

    /// Results may be long.
    private static let mostBytes = 64 << 20
    /// Questions in a row that a server of the caller's own choice may leave unanswered.
    private static let mostFailures = 20
    /// Below the minute after which proxies commonly give up on an answer.
    private static let longestWait = Duration.seconds(25)
    /// Beside the time that the server was asked to wait.
    private static let answerTimeout = Duration.seconds(30)

    init(settings: Settings, server: ServerClient, logger: Logger) {
        self.settings = settings
        self.server = server
        self.logger = logger
    }

    /// How the task stands when it has ended, or after some time.
    /// - Parameter limit: the longest time to wait for its end.
    /// - Returns: nil when it could not be asked this time.
    /// - Throws: ``ClientError`` when asking again is of no use.
    mutating func status(_ id: Int64, within limit: Duration) async throws -> JSONValue? {
        let wait = max(.zero, min(limit, Self.longestWait))
        if let url = server.url { return try await ask(url, id, wait) }
        if let owner = server.owner, let answer = try await askOwner(owner, id, wait) { return answer }
        return try await look(id, wait)
    }

    /// May be called more than once.
    mutating func close() {
        service?.database.close()
        service = nil
    }

    private mutating func ask(_ url: String, _ id: Int64, _ wait: Duration) async throws -> JSONValue? {
        var reason = "\(url) is too busy to answer"
        do {
            // After a failure a short question tells whether the server is there and has room for another who waits.
            if let answer = try await request(url, id, failures == 0 ? wait : .zero) {
                failures = 0
                return answer
            }
        } catch let failure as OutgoingFailure {
            reason = failure.message
        }
        failures += 1
        guard failures < Self.mostFailures else { throw ClientError(.unreachable, reason) }
        return nil
    }

    /// Nil also for an owner that has ended, whose port may be somebody else's by now.
    private func askOwner(_ url: String, _ id: Int64, _ wait: Duration) async throws -> JSONValue? {
        do {
            return try await request(url, id, wait)
        } catch is OutgoingFailure {
            return nil
        } catch is ClientError {
            return nil
        }
    }

    /// Nil when the server cannot answer now: too many wait there, or it is about to end.
    private func request(_ url: String, _ id: Int64, _ wait: Duration) async throws -> JSONValue? {
        let answer = try await server.send(
            ServerClient.Call(
                method: "GET", path: "/v1/tasks/\(id)/status?wait_ms=\(Int64(wait / .milliseconds(1)))", timeout: wait + Self.answerTimeout,
                mostBytes: Self.mostBytes), to: url)
        return answer.status == 503 ? nil : try answer.object(with: "task_id")
    }

    /// Beside the owner of the database, and without becoming one: whoever is to run the task must be able to.
    private mutating func look(_ id: Int64, _ wait: Duration) async throws -> JSONValue? {
        if service == nil { service = try await open() }
        guard let service else { return nil }
        // An SQLite file that nobody owns: the task ends when a server has come, and that one is asked then.
        let wait = service.database.dialect == .sqlite ? .zero : wait
        guard let status = try await DirectSubmit.status(id, waitingAtMost: wait, in: service) else {
            throw ClientError(.notSucceeded, "task \(id) is no longer there: its time to be kept has passed")
        }
        return try JSONDocument(parsing: status).root
    }

    private func open() async throws -> TaskService {
        let database = try await ProcessParts.openDatabase(settings, owner: nil, logger: logger)
        return TaskService(
            database: database, registry: TaskRegistry(), settings: settings.engine, hub: ChangeHub(database: database))
    }
}

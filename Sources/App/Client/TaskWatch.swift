import Executors
import JSONText
import Logging
import Storage
import WebAPI

/// Asks for one task's status again and again: the server that answers, else the database itself, which is opened once.
struct TaskWatch {
    private let settings: Settings
    private let url: String?
    private let http: OutgoingHTTP
    private let logger: Logger
    private var database: (any Database)?
    private var failures = 0

    /// Results may be long.
    private static let mostBytes = 64 << 20
    /// Questions in a row that a server of the caller's own choice may leave unanswered.
    private static let mostFailures = 20

    init(settings: Settings, url: String?, http: OutgoingHTTP, logger: Logger) {
        self.settings = settings
        self.url = url
        self.http = http
        self.logger = logger
    }

    /// Nil when it could not be asked this time.
    /// - Throws: ``ClientError`` when asking again is of no use.
    mutating func status(_ id: Int64) async throws -> JSONValue? {
        if let url { return try await ask(url, id) }
        if database == nil, let owner = settings.database.answeringOwner, let answer = try await askOwner(owner, id) { return answer }
        return try await look(id)
    }

    /// May be called more than once.
    mutating func close() {
        database?.close()
        database = nil
    }

    private mutating func ask(_ url: String, _ id: Int64) async throws -> JSONValue? {
        do {
            let answer = try await request(url, id)
            failures = 0
            return answer
        } catch let failure as OutgoingFailure {
            failures += 1
            guard failures < Self.mostFailures else { throw ClientError(.unreachable, failure.message) }
            return nil
        }
    }

    /// Nil also for an owner that has ended, whose port may be somebody else's by now.
    private func askOwner(_ url: String, _ id: Int64) async throws -> JSONValue? {
        do {
            return try await request(url, id)
        } catch is OutgoingFailure {
            return nil
        } catch is ClientError {
            return nil
        }
    }

    private func request(_ url: String, _ id: Int64) async throws -> JSONValue {
        var request = OutgoingRequest(method: "GET", url: try TaskClient.endpoint(url, "/v1/tasks/\(id)/status"))
        request.mostBodyBytes = Self.mostBytes
        let response = try await http.send(request, through: .trusted)
        let text = String(decoding: response.body, as: UTF8.self)
        guard response.status == 200 else { throw ClientError(status: response.status, body: text) }
        guard let answer = try? JSONDocument(parsing: text).root else {
            throw ClientError(.unreachable, "\(request.url.shown) does not answer like millrace")
        }
        return answer
    }

    /// Beside the owner of the database, and without becoming one: whoever is to run the task must be able to.
    private mutating func look(_ id: Int64) async throws -> JSONValue? {
        if database == nil { database = try await ProcessParts.openDatabase(settings, owner: nil, logger: logger) }
        guard let database else { return nil }
        guard let status = try await DirectSubmit.status(id, in: database) else {
            throw ClientError(.notSucceeded, "task \(id) is no longer there: its time to be kept has passed")
        }
        return try JSONDocument(parsing: status).root
    }
}

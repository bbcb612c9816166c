import Foundation
import JSONText
import TestSupport

/// What a client says to a `millrace serve`. Each value has a connection of its own.
struct MillraceAPI: Sendable {
    let connection: HTTPConnection

    init(port: Int) {
        connection = HTTPConnection(port: port)
    }

    /// Submits one task.
    /// - Parameter options: more members of the body, such as `"queue": "events"`.
    /// - Returns: its id, once it was acknowledged.
    func submit(_ type: String, _ input: String = "{}", options: String = "") async throws -> Int64 {
        let more = options.isEmpty ? "" : ", " + options
        let answer = try await expect(202, .post("/v1/tasks", json: #"{"type": "\#(type)", "input": \#(input)\#(more)}"#))
        return try Self.unwrap(answer.json()["id"]?.int64, answer)
    }

    /// Submits tasks, all or none.
    /// - Parameter tasks: JSON objects.
    func submitBatch(_ tasks: [String]) async throws -> [Int64] {
        let answer = try await expect(202, .post("/v1/tasks/batch", json: #"{"tasks": [\#(tasks.joined(separator: ","))]}"#))
        return try Self.unwrap(answer.json()["ids"], answer).elements.compactMap(\.int64)
    }

    /// Everything about a task.
    func task(_ id: Int64) async throws -> JSONValue {
        try await expect(200, .get("/v1/tasks/\(id)")).json()
    }

    /// A task's state.
    func state(_ id: Int64) async throws -> String {
        let answer = try await expect(200, .get("/v1/tasks/\(id)/status"))
        return try Self.unwrap(answer.json()["status"]?.string, answer)
    }

    /// `/worker/health`.
    func health() async throws -> WorkersReport {
        try WorkersReport(try await expect(200, .get("/v1/worker/health")).json())
    }

    /// Sends a request whose answer must have this status.
    @discardableResult
    func expect(_ status: Int, _ request: HTTPRequest) async throws -> HTTPAnswer {
        let answer = try await connection.send(request)
        guard answer.status == status else { throw UnexpectedAnswer(request: "\(request.method) \(request.path)", answer: answer) }
        return answer
    }

    /// Waits until the task is in one of `states`.
    func waitForTask(_ id: Int64, _ states: String..., within limit: Duration = .seconds(30)) async throws {
        try await waitForProgress("task \(id) is \(states.joined(separator: " or "))", within: limit) {
            states.contains(try await state(id))
        }
    }

    private static func unwrap<Value>(_ value: Value?, _ answer: HTTPAnswer) throws -> Value {
        guard let value else { throw HarnessError("an answer lacks what it should have: \(answer.text)") }
        return value
    }
}

/// What `/worker/health` says of the workers that have not ended.
struct WorkersReport: Sendable {
    struct Worker: Sendable {
        let name: String
        let state: String
        let running: Int64
    }

    let queued: Int64
    let running: Int64
    let workers: [Worker]

    init(_ json: JSONValue) throws {
        guard let queued = json["queued_tasks"]?.int64, let running = json["active_tasks"]?.int64, let details = json["workers_detail"]
        else {
            throw HarnessError("no report on workers: \(json.rawText)")
        }
        self.queued = queued
        self.running = running
        workers = details.elements.map { worker in
            Worker(
                name: worker["name"]?.string ?? "", state: worker["state"]?.string ?? "", running: worker["active_tasks"]?.int64 ?? 0)
        }
    }

    /// Nothing waits and nothing runs.
    var isIdle: Bool { queued == 0 && running == 0 }
    /// Workers that respond and take work.
    var live: [Worker] { workers.filter { $0.state == "live" } }
}

/// A request was answered otherwise than the test needs.
struct UnexpectedAnswer: Error, CustomStringConvertible {
    let request: String
    let answer: HTTPAnswer
    var description: String { "\(request) answered \(answer.status): \(answer.text)" }
}

/// Asks again and again, with a short pause, until `isDone`: for what another process does and gives no signal of.
/// - Parameter what: what is waited for, for the message.
/// - Throws: ``HarnessError`` after `limit`; what `isDone` throws ends the wait at once.
func waitForProgress(_ what: String, within limit: Duration = .seconds(30), _ isDone: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !isDone() {
        guard ContinuousClock.now < deadline else { throw HarnessError("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

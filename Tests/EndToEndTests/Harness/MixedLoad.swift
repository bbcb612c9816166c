import Foundation
import JSONText
import Synchronization
import TestSupport

/// Clients that do what clients do, at random: submit one by one and in batches, with delays and unique keys, cancel, retry,
/// look, upload. What they were told goes into a ``Ledger``.
///
/// A refusal or a lost connection acknowledges nothing. Refusals with 503 and 507 are what a server in trouble answers;
/// any other answer that a client should never see is one of the ``complaints``.
final class MixedLoad: Sendable {
    private struct State {
        var complaints: [String] = []
        var refusals: [HTTPAnswer] = []
        var isStopped = false
    }

    let ledger: Ledger
    private let port: Int
    private let clients: Int
    private let seed: UInt64
    /// Whether a client goes on after its connection was lost.
    private let reconnects: Bool
    private let state = Mutex(State())
    /// Sent the number of acknowledged tasks whenever it grows, and the number of refusals.
    private let progress = TestSignal<(acknowledged: Int, refused: Int)>()

    init(
        port: Int, clients: Int, seed: UInt64 = .random(in: .min ... .max), ledger: Ledger = Ledger(), reconnects: Bool = false
    ) {
        self.port = port
        self.clients = clients
        self.seed = seed
        self.ledger = ledger
        self.reconnects = reconnects
    }

    /// Answers that a client should never see.
    var complaints: [String] { state.withLock { $0.complaints } }
    /// Answers with 503 or 507.
    var refusals: [HTTPAnswer] { state.withLock { $0.refusals } }

    /// Waits until the ledger holds this many tasks.
    func waitForAcknowledged(_ count: Int, within limit: Duration = .seconds(60)) async throws {
        try await progress.wait(within: limit) { ($0.last?.acknowledged ?? 0) >= count }
    }

    /// Waits until this many requests were refused in all.
    func waitForRefusals(_ count: Int, within limit: Duration = .seconds(60)) async throws {
        try await progress.wait(within: limit) { ($0.last?.refused ?? 0) >= count }
    }

    /// Runs the clients while `body` runs, then stops them.
    func run(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask { await self.runClient(SeededRandom(seed: self.seed &+ UInt64(client))) }
            }
            defer { state.withLock { $0.isStopped = true } }
            try await body()
        }
    }

    /// Runs `body` in the middle of the load, when this many more tasks were acknowledged.
    func run(untilAcknowledged count: Int, _ body: () async throws -> Void) async throws {
        let before = ledger.count
        try await run {
            try await self.waitForAcknowledged(before + count)
            try await body()
        }
    }

    private func runClient(_ generator: SeededRandom) async {
        var random = generator
        let api = MillraceAPI(port: port)
        while !state.withLock({ $0.isStopped }) {
            do {
                try await step(api, &random)
            } catch let error as UnexpectedAnswer {
                record(error)
            } catch {
                // The connection is gone, or there is none: nothing was acknowledged.
                guard reconnects else { return }
            }
            progress.send((ledger.count, state.withLock { $0.refusals.count }))
        }
    }

    // MARK: - What a client does

    private func step(_ api: MillraceAPI, _ random: inout SeededRandom) async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45: try await submit(api, MixedTask(&random))
        case 45..<75: try await submitBatch(api, (0..<Int.random(in: 2...20, using: &random)).map { _ in MixedTask(&random) })
        case 75..<83: if let task = ledger.taskToCancel(&random) { try await cancel(api, task) }
        case 83..<87: if let task = ledger.tasksToRetry(1, &random).first { try await retry(api, task) }
        case 87..<89: try await retryMany(api, ledger.tasksToRetry(10, &random))
        case 89..<99: if let task = ledger.recentTask(&random) { try await look(api, task) }
        default: try await upload(api, &random)
        }
    }

    private func submit(_ api: MillraceAPI, _ task: MixedTask) async throws {
        let answer = try await expect([200, 202], .post("/v1/tasks", json: task.json), api)
        let json = try answer.json()
        acknowledge(json["id"]?.int64, task, isNew: json["existing"]?.bool == false)
    }

    private func submitBatch(_ api: MillraceAPI, _ tasks: [MixedTask]) async throws {
        let body = "{\"tasks\": [\(tasks.map(\.json).joined(separator: ","))]}"
        let answer = try await expect([200, 202], .post("/v1/tasks/batch", json: body), api)
        let json = try answer.json()
        let existing = Set(json["existing"]?.elements.compactMap(\.int64) ?? [])
        let ids = json["ids"]?.elements.compactMap(\.int64) ?? []
        if ids.count != tasks.count { complain("\(tasks.count) tasks got \(ids.count) ids") }
        for (index, (id, task)) in zip(ids, tasks).enumerated() { acknowledge(id, task, isNew: !existing.contains(Int64(index))) }
    }

    private func acknowledge(_ id: Int64?, _ task: MixedTask, isNew: Bool) {
        guard let id else { return complain("a submit was answered without an id") }
        if !ledger.acknowledge(id, task.fate, isNew: isNew) { complain("id \(id) was given twice") }
    }

    private func cancel(_ api: MillraceAPI, _ task: Int64) async throws {
        // 409: it had ended.
        let answer = try await expect([200, 202, 409], .post("/v1/tasks/\(task)/cancel"), api)
        if answer.status == 200 { ledger.cancelled(task) }
    }

    private func retry(_ api: MillraceAPI, _ task: Int64) async throws {
        // 409: it had not failed yet, or runs again already.
        try await expect([200, 202, 409], .post("/v1/tasks/\(task)/retry"), api)
    }

    /// A tracked operation, which is a task that logs what it does.
    private func retryMany(_ api: MillraceAPI, _ tasks: [Int64]) async throws {
        guard !tasks.isEmpty else { return }
        let answer = try await expect([202], .post("/v1/tasks/retry", json: "{\"ids\": \(tasks)}"), api)
        guard let id = try answer.json()["id"]?.int64, ledger.acknowledge(id, .succeeds) else {
            return complain("an operation without an id of its own: \(answer.text)")
        }
    }

    private func look(_ api: MillraceAPI, _ task: Int64) async throws {
        let answer = try await expect([200], .get("/v1/tasks/\(task)/status"), api)
        if try answer.json()["status"]?.string == "succeeded" { ledger.seenSucceeded(task) }
    }

    private func upload(_ api: MillraceAPI, _ random: inout SeededRandom) async throws {
        let stanzas = Int.random(in: 1...20, using: &random)
        let archive = try ConfArchive.apps(2, stanzas: stanzas, label: "\(random.next())").bytes
        let answer = try await expect([201], MillraceAPI.uploadRequest(archive), api)
        let json = try answer.json()
        guard let run = json["run_id"]?.int64, let task = json["task_id"]?.int64 else { return complain("an upload without ids") }
        if !ledger.acknowledge(task, .succeeds) { complain("id \(task) was given twice") }
        ledger.acknowledge(.init(run: run, task: task, stanzas: Int64(2 * stanzas)))
    }

    // MARK: - Answers

    @discardableResult
    private func expect(_ statuses: Set<Int>, _ request: HTTPRequest, _ api: MillraceAPI) async throws -> HTTPAnswer {
        let answer = try await api.connection.send(request)
        guard statuses.contains(answer.status) else {
            throw UnexpectedAnswer(request: "\(request.method) \(request.path)", answer: answer)
        }
        return answer
    }

    private func record(_ error: UnexpectedAnswer) {
        guard [503, 507].contains(error.answer.status) else { return complain("\(error)") }
        state.withLock { $0.refusals.append(error.answer) }
    }

    private func complain(_ text: String) {
        state.withLock { $0.complaints.append(text) }
    }
}

/// One task as a client of the ``MixedLoad`` submits it.
struct MixedTask: Sendable {
    let json: String
    let fate: Ledger.Fate

    init(_ random: inout SeededRandom) {
        var options = ""
        if Int.random(in: 0..<5, using: &random) == 0 { options += #", "delay_ms": \#(Int.random(in: 1...400, using: &random))"# }
        if Int.random(in: 0..<5, using: &random) == 0 { options += #", "priority": \#(Int.random(in: 0...9, using: &random))"# }
        let (type, input, fate): (String, String, Ledger.Fate) =
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1: ("demo.sleep", #"{"ms": \#(Int.random(in: 5...50, using: &random))}"#, .succeeds)
            case 2, 3, 4: ("demo.echo", #"{"text": "\#(random.next())"}"#, .succeeds)
            // Its first attempt fails, and that is logged with it.
            case 5: ("demo.fail", #"{"message": "once", "times": 1}"#, .succeeds)
            case 6: ("demo.fail", #"{"message": "for good", "permanent": true}"#, .fails)
            default: ("demo.noop", "{}", .succeeds)
            }
        // Keys are few, so that they meet.
        if type == "demo.noop", Int.random(in: 0..<4, using: &random) == 0 {
            options += #", "unique_key": "\#(Int.random(in: 1...20, using: &random))""#
        }
        json = #"{"type": "\#(type)", "input": \#(input)\#(options)}"#
        self.fate = fate
    }
}

import Foundation
import Synchronization
import TestSupport

/// Clients that submit short tasks, one by one and in batches, and remember what was acknowledged.
///
/// A refusal or a lost connection acknowledges nothing. Refusals with 503 and 507 are what a server in trouble answers;
/// any other is a ``complaints``.
final class SubmitLoad: Sendable {
    private struct State {
        var acknowledged: Set<Int64> = []
        var complaints: [String] = []
        var refusals: [HTTPAnswer] = []
        var isStopped = false
    }

    private let port: Int
    private let clients: Int
    private let seed: UInt64
    private let state = Mutex(State())
    /// Sent the number of acknowledged tasks whenever it grows, and the number of refusals.
    private let progress = TestSignal<(acknowledged: Int, refused: Int)>()

    init(port: Int, clients: Int, seed: UInt64 = .random(in: .min ... .max)) {
        self.port = port
        self.clients = clients
        self.seed = seed
    }

    /// Ids whose 202 arrived.
    var acknowledged: Set<Int64> { state.withLock { $0.acknowledged } }
    /// Answers that a client should never see.
    var complaints: [String] { state.withLock { $0.complaints } }
    /// Answers with 503 or 507.
    var refusals: [HTTPAnswer] { state.withLock { $0.refusals } }

    /// Waits until this many tasks were acknowledged in all.
    func waitForAcknowledged(_ count: Int, within limit: Duration = .seconds(60)) async throws {
        try await progress.wait(within: limit) { ($0.last?.acknowledged ?? 0) >= count }
    }

    /// Waits until this many submits were refused in all.
    func waitForRefusals(_ count: Int, within limit: Duration = .seconds(60)) async throws {
        try await progress.wait(within: limit) { ($0.last?.refused ?? 0) >= count }
    }

    /// Runs the clients while `body` runs, then stops them. A client also ends when its connection is lost.
    func run(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask { await self.submit(SeededRandom(seed: self.seed &+ UInt64(client))) }
            }
            defer { state.withLock { $0.isStopped = true } }
            try await body()
        }
    }

    /// Runs `body` in the middle of the load, when this many tasks were acknowledged.
    func run(untilAcknowledged count: Int, _ body: () async throws -> Void) async throws {
        try await run {
            try await self.waitForAcknowledged(count)
            try await body()
        }
    }

    private func submit(_ generator: SeededRandom) async {
        var random = generator
        let api = MillraceAPI(port: port)
        while !state.withLock({ $0.isStopped }) {
            do {
                let tasks = (0..<(Bool.random(using: &random) ? 1 : Int.random(in: 2...20, using: &random))).map { _ in Self.task(&random) }
                if tasks.count == 1 {
                    record([try await api.submit(tasks[0].type, tasks[0].input)])
                } else {
                    record(try await api.submitBatch(tasks.map { #"{"type": "\#($0.type)", "input": \#($0.input)}"# }))
                }
            } catch let error as UnexpectedAnswer {
                record(error)
            } catch {
                // The connection is gone, or there is none: nothing was acknowledged.
                return
            }
        }
    }

    private static func task(_ random: inout SeededRandom) -> (type: String, input: String) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: ("demo.sleep", #"{"ms": \#(Int.random(in: 5...50, using: &random))}"#)
        case 1: ("demo.echo", #"{"text": "\#(random.next())"}"#)
        default: ("demo.noop", "{}")
        }
    }

    private func record(_ ids: [Int64]) {
        report { state in
            for id in ids where !state.acknowledged.insert(id).inserted { state.complaints.append("id \(id) was given twice") }
        }
    }

    private func record(_ error: UnexpectedAnswer) {
        report { state in
            if [503, 507].contains(error.answer.status) {
                state.refusals.append(error.answer)
            } else {
                state.complaints.append("\(error)")
            }
        }
    }

    private func report(_ change: (inout State) -> Void) {
        progress.send(
            state.withLock { state in
                change(&state)
                return (state.acknowledged.count, state.refusals.count)
            })
    }
}

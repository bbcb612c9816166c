import Synchronization
import TestSupport

/// Clients that start runs under names of their own and send them events, each until it was acknowledged, over all processes
/// that serve the database.
final class RunLoad: Sendable {
    /// A run as its client means it.
    struct Planned: Sendable {
        let key: String
        let flow: RandomFlow
        let n: Int
    }

    private enum Action: Sendable {
        case start(Planned)
        case send(String, to: String)
    }

    private struct State {
        var open: [Action]
        var taken = 0
        var done = 0
        var complaints: [String] = []
        var isStopped = false
    }

    let runs: [Planned]
    /// Requests in all.
    let count: Int
    private let state: Mutex<State>
    /// Sent the number of acknowledged requests whenever it grows.
    private let progress = TestSignal<Int>()

    /// - Parameter runs: started in this order; their events come at any time after.
    init(_ runs: [Planned], using random: inout SeededRandom) {
        var actions: [Action] = []
        var events: [Action] = []
        for run in runs {
            actions.append(.start(run))
            events += run.flow.events.map { .send($0, to: run.key) }
            while !events.isEmpty, Bool.random(using: &random) {
                actions.append(events.remove(at: Int.random(in: 0..<events.count, using: &random)))
            }
        }
        self.runs = runs
        count = actions.count + events.count
        state = Mutex(State(open: actions + events))
    }

    /// Answers that a client should never see.
    var complaints: [String] { state.withLock { $0.complaints } }

    /// Waits until this many requests were acknowledged.
    func waitForAcknowledged(_ count: Int) async throws {
        try await progress.wait(within: .seconds(60)) { $0.contains { $0 >= count } }
    }

    /// Runs clients while `body` runs, until `most` requests were made in all.
    func run(port: Int, upTo most: Int, _ body: () async throws -> Void) async throws {
        state.withLock { $0.isStopped = false }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { await self.runClient(MillraceAPI(port: port), upTo: most) } }
            defer { state.withLock { $0.isStopped = true } }
            try await body()
        }
    }

    private func runClient(_ api: MillraceAPI, upTo most: Int) async {
        while let action = next(upTo: most) {
            do {
                try await carryOut(action, api)
            } catch let error as UnexpectedAnswer {
                state.withLock { $0.complaints.append(error.description) }
            } catch {
                // The process is gone; what became of the request is not known.
                return giveBack(action)
            }
        }
    }

    private func next(upTo most: Int) -> Action? {
        state.withLock { state in
            guard !state.isStopped, state.taken < most, !state.open.isEmpty else { return nil }
            state.taken += 1
            return state.open.removeFirst()
        }
    }

    private func giveBack(_ action: Action, last: Bool = false) {
        state.withLock { state in
            state.taken -= 1
            state.open.insert(action, at: last ? state.open.endIndex : 0)
        }
    }

    private func carryOut(_ action: Action, _ api: MillraceAPI) async throws {
        switch action {
        case .start(let run):
            let body = #"{"workflow_id": "\#(run.flow.name)", "params": {"n": \#(run.n)}, "job_run_id": "\#(run.key)"}"#
            let answer = try await api.connection.send(.post("/v1/workflow_runs", json: body))
            guard [200, 202].contains(answer.status) else { throw UnexpectedAnswer(request: "start of \(run.key)", answer: answer) }
        case .send(let event, let key):
            let request = HTTPRequest.post("/v1/workflow_runs/\(key)/events", json: #"{"name": "\#(event)", "data": {"at": 1}}"#)
            let answer = try await api.connection.send(request)
            // Its start is still under way.
            if answer.status == 404 { return giveBack(action, last: true) }
            // A run whose node was skipped ends without the event.
            guard [200, 202, 409].contains(answer.status) else { throw UnexpectedAnswer(request: "\(event) to \(key)", answer: answer) }
        }
        let done = state.withLock { state in
            state.done += 1
            return state.done
        }
        progress.send(done)
    }
}

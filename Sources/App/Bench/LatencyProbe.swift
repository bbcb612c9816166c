import Foundation
import JSONText
import Synchronization
import TaskEngine
import WebCore

/// Submits a small task every few milliseconds from a thread of its own, and afterwards asks the tasks how it went.
///
/// Each time counts from when the submit was due, so one that had to wait for the answer to the one before it counts with
/// that wait. All clocks are this machine's wall clock.
final class LatencyProbe: Sendable {
    /// From one submit to the next.
    static let interval = 0.008

    /// What was measured, in microseconds, one value per task.
    struct Samples: Sendable {
        /// To the answer to the submit.
        var answered: [Int64] = []
        /// To the first line of the handler, as it says itself.
        var started: [Int64] = []
        /// To the end of the handler, as the task's `finished_at` says.
        var ended: [Int64] = []
    }

    private struct State {
        var submitted: [(task: Int64, due: Int64, answered: Int64)] = []
        var error: (any Error)?
        var isStopping = false
    }

    private let port: Int
    private let state = Mutex(State())
    private let finished = DispatchSemaphore(value: 0)

    /// Begins at once.
    init(port: Int) {
        self.port = port
        let thread = Thread { [self] in
            do { try run() } catch { state.withLock { $0.error = error } }
            finished.signal()
        }
        thread.start()
    }

    /// Ends the submits and reads what became of the tasks.
    func stop() throws -> Samples {
        state.withLock { $0.isStopping = true }
        finished.wait()
        let submitted = try state.withLock { state in
            if let error = state.error { throw error }
            return state.submitted
        }
        let client = try BenchClient(port: port)
        var samples = Samples()
        for submit in submitted {
            _ = try client.get("/v1/tasks/\(submit.task)/status?wait_ms=10000")
            let task = try JSONDocument(parsing: client.get("/v1/tasks/\(submit.task)")).root
            guard let started = task["result"]?["started_at_us"]?.int64,
                let ended = task["finished_at"]?.string.flatMap(Timestamp.parse)
            else { throw LoadError("a task that did not succeed: \(task.rawText.prefix(400))") }
            samples.answered.append(submit.answered - submit.due)
            samples.started.append(started - submit.due)
            samples.ended.append(ended - submit.due)
        }
        return samples
    }

    private func run() throws {
        let client = try BenchClient(port: port)
        let request = BenchClient.request("POST", "/v1/tasks", json: #"{"type":"demo.clock"}"#)
        let step = Int64(Self.interval * 1_000_000)
        var due = EngineClock.system.now()
        while !state.withLock({ $0.isStopping }) {
            let early = due - EngineClock.system.now()
            if early > 0 {
                Thread.sleep(forTimeInterval: Double(early) / 1_000_000)
                // The timer's own lateness is the client's.
                due = EngineClock.system.now()
            }
            let answer = try JSONDocument(parsing: client.send(request)).root
            let answered = EngineClock.system.now()
            guard let task = answer["id"]?.int64 else { throw LoadError("a submit without an id: \(answer.rawText)") }
            state.withLock { $0.submitted.append((task, due, answered)) }
            due += step
        }
    }
}

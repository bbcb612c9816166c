import Foundation
import JSONText
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

    private typealias Submit = (task: Int64, due: Int64, answered: Int64)

    private let port: Int
    private let submits: BenchLoop<Submit>

    /// Begins at once.
    init(port: Int) {
        self.port = port
        submits = BenchLoop { try Self.submitting(port: port) }
    }

    /// Ends the submits and reads what became of the tasks.
    func stop() throws -> Samples {
        submits.stop()
        let submitted = try submits.items()
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

    private static func submitting(port: Int) throws -> () throws -> Submit {
        let client = try BenchClient(port: port)
        let request = BenchClient.request("POST", "/v1/tasks", json: #"{"type":"demo.clock"}"#)
        let step = Int64(interval * 1_000_000)
        var next = EngineClock.system.now()
        return {
            let early = next - EngineClock.system.now()
            if early > 0 {
                Thread.sleep(forTimeInterval: Double(early) / 1_000_000)
                // The timer's own lateness is the client's.
                next = EngineClock.system.now()
            }
            let due = next
            let answer = try JSONDocument(parsing: client.send(request)).root
            let answered = EngineClock.system.now()
            guard let task = answer["id"]?.int64 else { throw LoadError("a submit without an id: \(answer.rawText)") }
            next += step
            return (task, due, answered)
        }
    }
}

import Metrics
import Synchronization

/// Counters and timers of the engine, in the names that users of swift-jobs know.
///
/// | metric | kind | dimensions |
/// |---|---|---|
/// | `millrace_tasks_total` | counter | `type`, `queue`, `status` (succeeded, failed, retried, cancelled, snoozed, interrupted) |
/// | `millrace_task_duration_seconds` | timer | `type` |
/// | `millrace_task_start_latency_seconds` | timer | `queue`: from ready to handler start |
///
/// One set of handles per (type, queue), made on first use: looking a metric up by its labels costs more than a task.
final class TaskMetrics: Sendable {
    private struct Handles: Sendable {
        let duration: Timer
        let latency: Timer
        let byStatus: [String: Counter]
    }

    private static let statuses = ["succeeded", "failed", "retried", "cancelled", "snoozed", "interrupted"]
    private let handles = Mutex<[String: Handles]>([:])
    private let clock: EngineClock

    init(clock: EngineClock) {
        self.clock = clock
    }

    func started(_ task: ClaimedTask) {
        let latency = max(clock.now() - task.readyAt, 0)
        handles(task).latency.recordMicroseconds(latency)
    }

    func ended(_ task: ClaimedTask, _ outcome: TaskOutcome) {
        let handles = handles(task)
        handles.duration.recordMicroseconds(max(clock.now() - task.startedAt, 0))
        handles.byStatus[Self.status(outcome, task)]?.increment()
    }

    private static func status(_ outcome: TaskOutcome, _ task: ClaimedTask) -> String {
        switch outcome {
        case .succeeded: "succeeded"
        case .retry, .timedOut: task.hasRetriesLeft ? "retried" : "failed"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .snoozed: "snoozed"
        case .interrupted: "interrupted"
        }
    }

    private func handles(_ task: ClaimedTask) -> Handles {
        let key = task.type + "\u{0}" + task.queue
        return handles.withLock { handles in
            if let known = handles[key] { return known }
            let made = Self.make(type: task.type, queue: task.queue)
            handles[key] = made
            return made
        }
    }

    private static func make(type: String, queue: String) -> Handles {
        let byStatus = statuses.map { status in
            (status, Counter(label: "millrace_tasks_total", dimensions: [("type", type), ("queue", queue), ("status", status)]))
        }
        return Handles(
            duration: Timer(label: "millrace_task_duration_seconds", dimensions: [("type", type)]),
            latency: Timer(label: "millrace_task_start_latency_seconds", dimensions: [("queue", queue)]),
            byStatus: Dictionary(uniqueKeysWithValues: byStatus))
    }
}

import Logging
import Synchronization

/// Holds the outcomes of ended handlers until the next transaction takes them.
///
/// Outcomes flush at once when the engine is idle (the claim loop is woken by each) and batch only while a transaction is
/// in flight. They survive the cancellation of the handler's task, since another task writes them. If a batch cannot be
/// written because of what is in it, each outcome is written alone and the one that still fails fails its own task.
final class Completer: Sendable {
    /// Outcomes in one transaction.
    static let largestBatch = 1000

    struct Ended: Sendable {
        let entry: RunningTask
        var outcome: TaskOutcome
    }

    private let ended = Mutex<[Ended]>([])
    private let wake: Signal
    private let registry: TaskRegistry
    private let settings: EngineSettings
    private let metrics: TaskMetrics
    private let inputs: NodeInputs

    /// - Parameter wake: raised when there is something to take.
    init(wake: Signal, registry: TaskRegistry, settings: EngineSettings, metrics: TaskMetrics, inputs: NodeInputs) {
        self.inputs = inputs
        self.wake = wake
        self.metrics = metrics
        self.registry = registry
        self.settings = settings
    }

    var isEmpty: Bool { ended.withLock { $0.isEmpty } }

    func append(_ entry: RunningTask, _ outcome: TaskOutcome) {
        metrics.ended(entry.task, outcome)
        ended.withLock { $0.append(Ended(entry: entry, outcome: outcome)) }
        wake.raise()
    }

    /// Takes the oldest outcomes. The caller writes them or gives them back.
    func take() -> [Ended] {
        ended.withLock { ended in
            let batch = Array(ended.prefix(Self.largestBatch))
            ended.removeFirst(batch.count)
            return batch
        }
    }

    /// The write did not happen: they come first next time.
    func giveBack(_ batch: [Ended]) {
        ended.withLock { $0.insert(contentsOf: batch, at: 0) }
    }

    /// What the database is told about `batch`. Jitter comes from the system's generator; the delays themselves are the
    /// strategies'.
    func settle(_ batch: [Ended], now: Int64) -> [Settlement] {
        batch.map { ended in
            let usual = registry.type(named: ended.entry.task.type)?.options.retry ?? settings.retry
            let strategy = ended.entry.task.node == nil ? usual : inputs.strategy(of: ended.entry.task, otherwise: usual)
            return Settlement(ended.entry.task, ended.outcome, strategy: strategy, now: now, random: .random(in: 0..<1))
        }
    }
}

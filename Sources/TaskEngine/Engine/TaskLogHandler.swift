import JSONText
import Logging

/// Stores a handler's lines with its task and passes them on to the process's log, tagged with the task.
struct TaskLogHandler: LogHandler {
    let task: Int64
    /// The workflow run that the task is a node of.
    let run: Int64?
    let attempt: Int
    let journal: TaskJournal
    let budget: LogBudget
    let mask: SecretMask
    var inner: Logger

    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    init(task: Int64, run: Int64?, attempt: Int, journal: TaskJournal, budget: LogBudget, mask: SecretMask, inner: Logger) {
        self.task = task
        self.run = run
        self.attempt = attempt
        self.journal = journal
        self.budget = budget
        self.mask = mask
        self.inner = inner
        self.inner[metadataKey: "task"] = "\(task)"
        logLevel = inner.logLevel
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Bytes of a line; a longer one is cut: it is read by people, and one row.
    static let longestMessage = 8000

    func log(event: LogEvent) {
        var message = event.message
        var all = metadata.merging(event.metadata ?? [:]) { $1 }
        if !mask.isEmpty {
            message = "\(mask.hide(message.description))"
            all = all.mapValues { "\(mask.hide("\($0)"))" }
        }
        inner.log(
            level: event.level, message, metadata: all, source: event.source, file: event.file, function: event.function, line: event.line)
        guard event.level >= .info, !budget.isUsedUp else { return }
        var text = message.description
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            text += " \(key)=\(value)"
        }
        journal.log(
            task: task, run: run, attempt: attempt, level: event.level, message: text.shortened(toBytes: Self.longestMessage),
            budget: budget)
    }
}

import Logging
import ServiceLifecycle
import Storage
import Synchronization

/// Collects progress and log lines of running handlers and writes them in the bulk lane, beside the tasks' own transitions.
///
/// Bounded: past ``mostLines`` unwritten lines further ones are dropped and one line says how many; a task's log is cut with
/// a note at what ``LogBudget`` grants it. Progress keeps the latest value of each task and writes at most once a second for each.
final class TaskJournal: Sendable {
    static let mostLines = 10_000
    static let linesPerWrite = 250
    static let progressInterval = Duration.seconds(1)

    struct Line: Sendable {
        let task: Int64
        /// The workflow run that the task is a node of.
        let run: Int64?
        let attempt: Int
        let level: String
        let message: String
        let at: Int64
        let budget: LogBudget

        var row: JournalWrites.Line { .init(task: task, run: run, attempt: attempt, level: level, message: message, at: at) }

        /// The last line of a log that was cut, in place of this one.
        var cut: Line {
            let message = "the log is cut here: a task keeps \(LogBudget.mostBytes >> 20) MiB of lines"
            return Line(
                task: task, run: run, attempt: attempt, level: Logger.Level.warning.rawValue, message: message, at: at, budget: budget)
        }
    }

    typealias Progress = JournalWrites.Progress

    private struct State {
        var lines: [Line] = []
        var dropped = 0
        var progress: [Int64: Progress] = [:]
        var lastTaken: Int64 = 0

        /// For a value that leaves ``progress``.
        mutating func stamp(now: Int64) -> Int64 {
            lastTaken = max(now, lastTaken + 1)
            return lastTaken
        }
    }

    private let state = Mutex(State())
    private let signal = Signal()
    private let database: any Database
    private let clock: EngineClock
    private let logger: Logger

    init(database: any Database, clock: EngineClock, logger: Logger) {
        self.database = database
        self.clock = clock
        self.logger = logger
    }

    func log(task: Int64, run: Int64?, attempt: Int, level: Logger.Level, message: String, budget: LogBudget) {
        let line = Line(
            task: task, run: run, attempt: attempt, level: level.rawValue, message: message, at: clock.now(), budget: budget)
        state.withLock { state in
            if state.lines.count < Self.mostLines { state.lines.append(line) } else { state.dropped += 1 }
        }
        signal.raise()
    }

    func progress(task: Int64, claim: Int64, fraction: Double?, message: String?) {
        let isFirst = state.withLock { state in
            state.progress.updateValue(Progress(task: task, claim: claim, fraction: fraction, message: message), forKey: task) == nil
        }
        if isFirst { signal.raise() }
    }

    /// What the task said last and was not written yet, for the transaction that records its success; nil when there is nothing.
    func takeProgress(of task: Int64, claim: Int64) -> Progress? {
        let now = clock.now()
        return state.withLock { state in
            guard var last = state.progress[task], last.claim == claim else { return nil }
            state.progress[task] = nil
            last.at = state.stamp(now: now)
            return last
        }
    }

    /// Writes until cancelled. What is left is written by ``flush()``.
    func run() async {
        var progressDue = clock.monotonic()
        while !Task.isCancelled {
            await signal.wait()
            await writeLines()
            if clock.monotonic() >= progressDue {
                await writeProgress()
                progressDue = clock.monotonic() + Self.progressInterval
            } else if hasProgress {
                await signal.wait(atMost: Self.progressInterval)
                signal.raise()
            }
        }
    }

    /// Writes everything collected so far.
    func flush() async {
        await writeLines()
        await writeProgress()
    }

    private var hasProgress: Bool { state.withLock { !$0.progress.isEmpty } }

    private func writeLines() async {
        while true {
            let (lines, dropped) = state.withLock { state in
                let lines = Array(state.lines.prefix(Self.linesPerWrite))
                state.lines.removeFirst(lines.count)
                defer { state.dropped = 0 }
                return (lines, state.dropped)
            }
            if dropped > 0 { logger.warning("task log lines were dropped: the database is too slow", metadata: ["lines": "\(dropped)"]) }
            guard !lines.isEmpty else { return }
            let stored: [Int64: Int]?
            do { stored = try await storedSizes(of: lines) } catch {
                // The engine ends: flush() writes them, with the count they need.
                return state.withLock { $0.lines.insert(contentsOf: lines, at: 0) }
            }
            let fitting = Self.fitting(lines, stored: stored)
            let now = clock.now()
            if !fitting.isEmpty { await write("task log lines") { try JournalWrites.insert(fitting.map(\.row), now: now, on: $0) } }
        }
    }

    /// The lines that their tasks' logs have room for.
    /// - Parameter stored: how long the logs of retried tasks were before these lines; nil when no line needs that.
    private static func fitting(_ lines: [Line], stored: [Int64: Int]?) -> [Line] {
        var added: [Int64: Int] = [:]
        return lines.compactMap { line in
            // An attempt that is not the first shares the budget of its task with those before it.
            if let stored { line.budget.add(history: stored[line.task, default: 0] + added[line.task, default: 0]) }
            switch line.budget.take(line.message) {
            case .keep:
                if stored != nil { added[line.task, default: 0] += LogBudget.cost(of: line.message) }
                return line
            case .cut: return line.cut
            case .drop: return nil
            }
        }
    }

    /// - Throws: `CancellationError`.
    private func storedSizes(of lines: [Line]) async throws(CancellationError) -> [Int64: Int]? {
        let tasks = Set(lines.lazy.filter(\.budget.lacksHistory).map(\.task)).sorted()
        guard !tasks.isEmpty else { return nil }
        do {
            return try await database.read { try LogSizes.bytes(ofTasks: tasks, on: $0) }
        } catch {
            if error is CancellationError || Task.isCancelled { throw CancellationError() }
            // Asked again with the next lines; until then the attempt's own count.
            logger.warning("the length of task logs could not be read", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func writeProgress() async {
        let now = clock.now()
        let progress = state.withLock { state in
            guard !state.progress.isEmpty else { return [Progress]() }
            let stamp = state.stamp(now: now)
            defer { state.progress = [:] }
            return state.progress.values.map { progress in
                var taken = progress
                taken.at = stamp
                return taken
            }
        }
        guard !progress.isEmpty else { return }
        await write("task progress") { try JournalWrites.store(progress, now: now, on: $0) }
    }

    /// Lines and progress are told to people, no state depends on them: a failure is said and the work goes on.
    private func write(_ what: String, _ body: @escaping @Sendable (any Connection) throws -> Void) async {
        do {
            try await database.write(.bulk, body)
        } catch {
            logger.error("\(what) could not be written", metadata: ["error": "\(error)"])
        }
    }
}

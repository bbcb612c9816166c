package import Logging
import Metrics
import ServiceLifecycle
package import Storage

/// Keeps the database small: deletes what ended long enough ago (``Retention``), in every process, a little at a time.
///
/// A pass every two minutes walks up the ids and deletes in slices of at most ``PruneTasks/largestSlice`` rows in the bulk
/// lane. Several processes may prune at once: each passes over rows that another holds. Nothing depends on when this
/// happens; a process that dies in between leaves whole tasks, and the next pass finds them. A wall clock that was set
/// forward is not believed at once (``ClockGuard``).
package struct Pruner: Service {
    /// Time between the end of a pass and the next, give or take a fifth, so that processes do not march in step.
    static let interval = Duration.seconds(120)
    /// Every so often the walk begins at the first task again: what was still kept when it was passed may go by now.
    static let restart = Duration.seconds(3600)

    /// Something that has to be true before tasks disappear, as a write in the same transaction: a workload that reads how
    /// its tasks ended copies it to where it keeps it. Bounded, like every write of the bulk lane.
    package typealias Preparation = @Sendable (any Connection) throws -> Void

    private let database: any Database
    private let retention: Retention
    private let preparations: [Preparation]
    private let clock: EngineClock
    private let logger: Logger

    /// - Parameter preparations: run before every slice of tasks, in its transaction.
    package init(
        database: any Database, retention: Retention, preparations: [Preparation] = [], clock: EngineClock = .system, logger: Logger
    ) {
        self.database = database
        self.retention = retention
        self.preparations = preparations
        self.clock = clock
        self.logger = logger
    }

    /// What passes did.
    package struct Tally: Sendable, Equatable {
        /// Tasks deleted.
        package var tasks: Int
        /// Results that expired while their tasks stay.
        package var results: Int
        /// Processes forgotten.
        package var workers: Int
        /// Unique keys and keys of requests that were forgotten; those that went with their tasks are not counted.
        package var keys: Int
        /// Workflow runs deleted; their tasks are counted with the others.
        package var runs: Int

        /// Nothing unless given.
        package init(tasks: Int = 0, results: Int = 0, workers: Int = 0, keys: Int = 0, runs: Int = 0) {
            self.runs = runs
            self.tasks = tasks
            self.results = results
            self.workers = workers
            self.keys = keys
        }
    }

    /// How far the walk has come; kept in memory only, a new process begins at the first task.
    package struct Walk: Sendable {
        var lastTask: Int64 = 0
        var lastResult: Int64 = 0
        var lastRun: Int64 = 0
        /// End of the latest unique key's window that was looked at.
        var lastWindow: Int64 = 0
        /// The last workflow whose statistics were looked at.
        var lastRollUp: PruneRollUp.Name?
        private var begunAt: ContinuousClock.Instant?

        /// A walk that begins at the first task.
        package init() {}

        init(begunAt instant: ContinuousClock.Instant) {
            begunAt = instant
        }

        func isOver(at instant: ContinuousClock.Instant) -> Bool {
            begunAt.map { $0.duration(to: instant) >= Pruner.restart } ?? true
        }
    }

    /// Prunes until graceful shutdown. What fails is said and tried again with the next pass.
    package func run() async throws {
        var walk = Walk()
        var clockGuard = ClockGuard()
        _ = clockGuard.judge(clock.now(), at: clock.monotonic())
        // The first pass comes soon after the start, not in the middle of it.
        var pause = Duration.milliseconds(Int.random(in: 2000...6000))
        while await MaintenancePause.sleep(pause) {
            switch clockGuard.judge(clock.now(), at: clock.monotonic()) {
            case .trusted: await passAndReport(&walk)
            case .ahead(let leap):
                logger.warning(
                    "the wall clock was set forward; nothing is pruned until that has lasted an hour",
                    metadata: ["seconds": "\(leap.components.seconds)"])
            }
            pause = Self.interval * Double.random(in: 0.8...1.2)
        }
    }

    private func passAndReport(_ walk: inout Walk) async {
        do { report(try await pass(&walk)) } catch {
            logger.warning("old tasks could not be pruned; tried again", metadata: ["error": "\(error)"])
        }
    }

    /// One pass from where the walk is to the tasks that are still kept. Ends early at shutdown.
    package func pass(_ walk: inout Walk) async throws -> Tally {
        let instant = clock.monotonic()
        if walk.isOver(at: instant) { walk = Walk(begunAt: instant) }
        let now = clock.now()
        var tally = Tally()
        if retention.resultsExpireFirst { tally.results = try await expireResults(now, &walk.lastResult) }
        tally.tasks = try await pruneTasks(now, &walk.lastTask)
        try await pruneRuns(now, &walk.lastRun, &tally)
        try await pruneRollUp(now, &walk.lastRollUp)
        tally.workers = try await pruneWorkers(now)
        tally.keys = try await pruneUniqueKeys(now, &walk.lastWindow)
        tally.keys += try await repeated(PruneTasks.largestSlice) { connection in
            try IdempotencyKeys.prune(now: now, limit: PruneTasks.largestSlice, on: connection)
        }
        return tally
    }

    // MARK: - Kinds

    private func pruneTasks(_ now: Int64, _ position: inout Int64) async throws -> Int {
        guard let shortest = retention.shortest else { return 0 }
        let cutoffs = PruneTasks.Cutoffs(retention, now: now)
        let end = try await end(of: shortest, now)
        return try await walk(&position) { connection, position in
            try PruneCandidates.tasks(above: position, below: end, cutoffs, on: connection)
        } slice: { [preparations] connection, ids in
            for prepare in preparations { try prepare(connection) }
            return try PruneTasks.prune(ids, cutoffs, now: now, on: connection)
        }
    }

    /// Runs that are kept are passed over, and looked at again by the next walk.
    private func pruneRuns(_ now: Int64, _ position: inout Int64, _ tally: inout Tally) async throws {
        guard let period = retention.runs else { return }
        let time = period.before(now)
        while !MaintenancePause.isStopping {
            let from = position
            let found = try await database.read { try PruneRuns.candidates(above: from, endedBefore: time, on: $0) }
            for run in found.runs where !MaintenancePause.isStopping {
                do {
                    try await prune(run: run, endedBefore: time, &tally)
                } catch let error as StorageError where error.isTransient {
                    throw error
                } catch {
                    // The next walk comes by again; the other runs need not wait for it.
                    logger.error("a workflow run could not be pruned", metadata: ["run": "\(run)", "error": "\(error)"])
                }
            }
            guard let last = found.last else { return }
            position = last
        }
    }

    /// Workflow by workflow, each once in a walk.
    private func pruneRollUp(_ now: Int64, _ position: inout PruneRollUp.Name?) async throws {
        let end = PruneRollUp.firstKept(now: now)
        while !MaintenancePause.isStopping {
            let last = position
            guard var name = try await database.read({ try PruneRollUp.next(after: last, on: $0) }) else { return }
            while name.firstHour < end, !MaintenancePause.isStopping {
                let begun = name
                guard let first = try await database.write(.bulk, { try PruneRollUp.prune(begun, before: end, on: $0) }) else { break }
                name.firstHour = first
            }
            position = name
        }
    }

    /// Piece by piece, until the run is gone.
    private func prune(run: Int64, endedBefore time: Int64, _ tally: inout Tally) async throws {
        while !MaintenancePause.isStopping {
            guard let result = try await database.write(.bulk, { try PruneRuns.prune(run, endedBefore: time, on: $0) }) else { return }
            tally.tasks += result.tasks
            guard result.isGone else { continue }
            tally.runs += 1
            return
        }
    }

    private func expireResults(_ now: Int64, _ position: inout Int64) async throws -> Int {
        guard let results = retention.results else { return 0 }
        let time = results.before(now)
        let end = try await end(of: results, now)
        return try await walk(&position) { connection, position in
            try PruneCandidates.results(above: position, below: end, storedBefore: time, on: connection)
        } slice: { connection, ids in
            PruneTasks.Result(deleted: try ExpireResults.expire(ids, storedBefore: time, on: connection))
        }
    }

    /// Where a walk ends: at tasks so young that not all of them have ended by the time that counts. What is passed over would
    /// wait for the next walk, so the last ten minutes (a tenth of a shorter period) are left to later passes.
    private func end(of period: Duration, _ now: Int64) async throws -> Int64 {
        let time = (period + min(.seconds(600), period / 10)).before(now)
        return try await database.read { try PruneCandidates.end(createdBefore: time, on: $0) }
    }

    /// Processes are kept as long as any task they may have worked for, and a day at least.
    private func pruneWorkers(_ now: Int64) async throws -> Int {
        guard let longest = retention.longest else { return 0 }
        let time = max(longest, .seconds(86_400)).before(now)
        return try await repeated(PruneWorkers.largestSlice) { try PruneWorkers.prune(seenBefore: time, on: $0) }
    }

    private func pruneUniqueKeys(_ now: Int64, _ lastWindow: inout Int64) async throws -> Int {
        var total = 0
        while !MaintenancePause.isStopping {
            let from = lastWindow
            guard let end = try await database.read({ try PruneUniqueKeys.step(after: from, until: now, on: $0) }) else { break }
            total += try await repeated(PruneUniqueKeys.largestSlice) { try PruneUniqueKeys.prune(after: from, through: end, on: $0) }
            lastWindow = end
        }
        return total
    }

    // MARK: - Slices

    /// Finds and deletes, window by window, from `position` on, which follows. Returns how many rows went.
    private func walk(
        _ position: inout Int64, find: @escaping @Sendable (any Connection, Int64) throws -> PruneCandidates.Found,
        slice: @escaping @Sendable (any Connection, [Int64]) throws -> PruneTasks.Result
    ) async throws -> Int {
        var pacer = SlicePacer(largest: PruneTasks.largestSlice)
        var deleted = 0
        while !MaintenancePause.isStopping {
            let from = position
            let found = try await database.read { try find($0, from) }
            var rest = found.ids[...]
            while !rest.isEmpty, !MaintenancePause.isStopping {
                let ids = Array(rest.prefix(pacer.size))
                let result = try await timed(&pacer) { try slice($0, ids) }
                deleted += result.deleted
                if !result.isCutShort { rest = rest.dropFirst(ids.count) }
            }
            guard let last = found.lastID, rest.isEmpty else { break }
            position = last
        }
        return deleted
    }

    /// The same write until it finds less than a full slice.
    private func repeated(_ slice: Int, _ write: @escaping @Sendable (any Connection) throws -> Int) async throws -> Int {
        var pacer = SlicePacer(largest: slice)
        var total = 0
        while !MaintenancePause.isStopping {
            let count = try await timed(&pacer, write)
            total += count
            if count < slice { break }
        }
        return total
    }

    /// One write in the bulk lane, then a pause as long as the pacer wants.
    private func timed<T: Sendable>(_ pacer: inout SlicePacer, _ write: @escaping @Sendable (any Connection) throws -> T) async throws -> T
    {
        let (result, elapsed) = try await database.write(.bulk) { connection in
            let started = ContinuousClock.now
            return (try write(connection), started.duration(to: .now))
        }
        _ = await MaintenancePause.sleep(pacer.ended(after: elapsed))
        return result
    }

    private func report(_ tally: Tally) {
        let counts = [("tasks", tally.tasks), ("results", tally.results), ("workers", tally.workers), ("keys", tally.keys)]
        for (kind, count) in counts where count > 0 {
            Counter(label: "millrace_pruned_total", dimensions: [("kind", kind)]).increment(by: Int64(count))
        }
        logger.log(
            level: tally == Tally() ? .debug : .info, "old rows were pruned",
            metadata: Dictionary(uniqueKeysWithValues: counts.map { ($0, "\($1)") }))
    }
}

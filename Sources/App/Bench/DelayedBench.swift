import Logging
import Storage
import TaskEngine

/// How late delayed tasks start: due one after another on an idle engine, and many due at the same instant.
enum DelayedBench {
    static let bench = Bench(
        "delayed", "time from a delayed task's due time to its handler's start; 100,000 due at once",
        BenchOptions(count: 100_000, poolLimit: 500, callers: 1), onDatabase: run)

    /// Tasks that are due one by one.
    private static let single = 500
    /// Between two of them, and until the first: longer than it takes to submit them all.
    private static let spacing: Int64 = 10_000
    private static let lead: Int64 = 2_000_000

    private static func run(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        let marks = StartMarks()
        let rig = BenchRig(database, options, logger: logger, tasks: marks.register)
        var report = BenchReport("delayed", options, database)
        let cpu = processCPUSeconds()
        let lateness = try await rig.run {
            let clocks = Clocks()
            let due = (0..<Int64(single)).map { clocks.now + lead + $0 * spacing }
            for time in due { try await rig.submitOne(StartMarks.type, runAt: time) }
            let started = await marks.next(single).map(clocks.wall).sorted()
            let singles = zip(due, started).map { max($1 - $0, 0) }

            // Time enough to submit them all before they are due.
            let instant = EngineClock.system.now() + 2_000_000 + Int64(options.count) * 50
            try await rig.fill(options.count, runAt: instant, type: StartMarks.type)
            let submitted = EngineClock.system.now()
            guard submitted < instant else { throw LoadError("the tasks were due before all were submitted") }
            let mass = await marks.next(options.count).map(clocks.wall).map { max($0 - instant, 0) }
            return (singles, mass)
        }
        report.addPercentiles("due_to_start", lateness.0)
        report.add("due_at_once", Double(options.count), "")
        report.add("due_at_once_first_started", Double(lateness.1.min() ?? 0) / 1000, "ms")
        report.add("due_at_once_all_started", Double(lateness.1.max() ?? 0) / 1_000_000, "s")
        report.add("cpu_per_task", (processCPUSeconds() - cpu) / Double(single + options.count) * 1_000_000, "us")
        report.addCommits(database.commitStatistics)
        return report
    }
}

/// One reading of both clocks: due times are in the wall clock's, starts in the other's.
private struct Clocks {
    let now = EngineClock.system.now()
    let instant = ContinuousClock.now

    /// Microseconds since 1970.
    func wall(_ other: ContinuousClock.Instant) -> Int64 { now + Int64(instant.duration(to: other) / .microseconds(1)) }
}

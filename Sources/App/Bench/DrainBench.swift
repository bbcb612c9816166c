import Logging
import Storage

/// A backlog of no-op tasks is submitted first; then the rate at which the engine executes it.
enum DrainBench {
    static let bench = Bench(
        "drain", "rate at which queued no-op tasks are executed",
        BenchOptions(count: 200_000, poolLimit: 500, callers: 1), onDatabase: run)

    private static func run(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        let rig = BenchRig(database, options, logger: logger)
        let filling = ContinuousClock.now
        try await rig.fill(options.count)
        let filled = filling.duration(to: .now)
        let cpu = processCPUSeconds()
        let started = ContinuousClock.now
        let elapsed = try await rig.run {
            await rig.waitForSuccesses(options.count)
            return started.duration(to: .now)
        }
        var report = BenchReport("drain", options, database)
        report.add("tasks", Double(options.count), "")
        report.add("rate", Double(options.count) / (elapsed / .seconds(1)), "tasks/s")
        report.add("cpu_per_task", (processCPUSeconds() - cpu) / Double(options.count) * 1_000_000, "us")
        report.add("batch_insert_rate", Double(options.count) / (filled / .seconds(1)), "tasks/s")
        report.addCommits(database.commitStatistics)
        return report
    }
}

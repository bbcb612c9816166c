import Logging
import Storage

/// Many callers submit one by one while the engine runs what they submit.
enum SubmitBench {
    static let bench = Bench(
        "submit", "rate at which callers submit one by one",
        BenchOptions(count: 100_000, poolLimit: 500, callers: 64), onDatabase: run)

    private static func run(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        let rig = BenchRig(database, options, logger: logger)
        let perCaller = max(options.count / options.callers, 1)
        let (samples, elapsed) = try await rig.run {
            let started = ContinuousClock.now
            let samples = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for _ in 0..<options.callers {
                    group.addTask { try await BenchRig.sampled(perCaller) { try await rig.submitOne() } }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let elapsed = started.duration(to: .now)
            await rig.waitForSuccesses(samples.count)
            return (samples, elapsed)
        }
        var report = BenchReport("submit", options, database)
        report.add("callers", Double(options.callers), "")
        report.add("rate", Double(samples.count) / (elapsed / .seconds(1)), "tasks/s")
        report.addPercentiles("submit", samples)
        report.addCommits(database.commitStatistics)
        return report
    }
}

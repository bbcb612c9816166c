import Logging
import Storage
import TaskEngine

/// Time from a submit to the start of its handler on an idle engine.
enum LatencyBench {
    static let bench = Bench(
        "latency", "time from a submit to the start of its handler, idle",
        BenchOptions(count: 500, poolLimit: 10, callers: 1), onDatabase: run)

    private static func run(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        let marks = StartMarks()
        let rig = BenchRig(database, options, logger: logger, tasks: marks.register)
        let samples = try await rig.run {
            var samples: [Int64] = []
            for index in 0..<options.count {
                let submitted = ContinuousClock.now
                try await rig.submitOne(StartMarks.type)
                for started in await marks.next() { samples.append(Int64(submitted.duration(to: started) / .microseconds(1))) }
                await rig.waitForSuccesses(index + 1)
            }
            return samples
        }
        var report = BenchReport("latency", options, database)
        report.add("samples", Double(samples.count), "")
        report.addPercentiles("submit_to_start", samples)
        report.addCommits(database.commitStatistics)
        return report
    }
}

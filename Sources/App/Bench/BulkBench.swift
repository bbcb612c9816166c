import JSONText
import Logging
import Storage
import TaskEngine

/// Retrying and cancelling many tasks by filter, with a small load beside it. What is retried is executed by nobody here: its
/// own cost is what `drain` measures.
enum BulkBench {
    static let bench = Bench(
        "bulk", "retrying and cancelling 100,000 tasks by filter, and what submits meanwhile wait",
        BenchOptions(count: 100_000, poolLimit: 10, callers: 4), onDatabase: run)

    private static let queue = "bench-bulk"

    static func run(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        let now = EngineClock.system.now()
        try await database.write {
            try QueueSetup.insertMissing(
                [SystemQueue.definition, .init(name: queue, pool: "nobody", weight: 1)], now: now, on: $0)
        }
        let past = PastTasks(database: database, queue: queue, now: now)
        try await past.failed(options.count)
        let rig = BenchRig(database, options, pools: [SystemQueue.name: SystemQueue.limit], logger: logger)
        let load = SteadySubmits(rig: rig, callers: options.callers)
        var report = BenchReport("bulk", options, database)
        report = try await rig.run { [report] in
            var report = report
            let alone = try await load.during { try await Task.sleep(for: .seconds(3)) }
            report.addPercentiles("submit_alone", alone.samples)
            for action in BulkAction.allCases {
                let (elapsed, samples) = try await load.during { try await operate(action, options.count, rig) }
                report.add("\(action.rawValue)_of_\(options.count)", elapsed, "s")
                report.addPercentiles("submit_during_\(action.rawValue)", samples)
            }
            return report
        }
        report.addCommits(database.commitStatistics)
        return report
    }

    /// From the acknowledged request to the end of the operation, in seconds. The retry queues what the cancellation ends.
    private static func operate(_ action: BulkAction, _ count: Int, _ rig: BenchRig) async throws -> Double {
        var filter = BulkFilter()
        filter.queue = queue
        let started = ContinuousClock.now
        guard case .submitted(let submitted) = try await rig.service.submit(action, filter, tenant: "default"),
            case .ended(let status) = try await rig.service.waitForEnd(of: submitted.ids[0], tenant: "default", upTo: .seconds(600))
        else { throw LoadError("the operation did not end") }
        let elapsed = started.duration(to: .now) / .seconds(1)
        let changed = try status.output.flatMap { try JSONDocument(parsing: $0).root["changed"]?.int64 }
        guard changed == Int64(count) else { throw LoadError("the operation ended so: \(status.output ?? "\(status.state)")") }
        return elapsed
    }
}

import Logging
import Storage
import TaskEngine

/// The pruner at work on a backlog of old tasks, while tasks are submitted and executed; and the same without it.
enum PruneBench {
    static let bench = Bench(
        "prune", "rate at which old tasks are deleted, and what submits and executions lose by it",
        BenchOptions(count: 1_000_000, poolLimit: 500, callers: 4), onDatabase: run)

    private static let drained = 100_000
    private static let twoDays: Int64 = 2 * 86_400_000_000

    static func run(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        let filling = ContinuousClock.now
        let now = EngineClock.system.now()
        try await PastTasks(database: database, queue: "default", now: now - twoDays).succeeded(options.count)
        let filled = filling.duration(to: .now) / .seconds(1)
        let rig = BenchRig(database, options, logger: logger)
        let load = SteadySubmits(rig: rig, callers: options.callers)
        var report = BenchReport("prune", options, database)
        report = try await rig.run { [report] in
            var report = report
            report.add("filled_in", filled, "s")
            let alone = try await load.during { try await Task.sleep(for: .seconds(5)) }
            report.addPercentiles("submit_alone", alone.samples)
            report.add("drain_alone", try await drain(rig), "tasks/s")

            let pruner = Pruner(database: database, retention: Retention(), logger: logger)
            let started = ContinuousClock.now
            let pruning = Task { () throws -> (Int, Double) in
                var walk = Pruner.Walk()
                let pruned = try await pruner.pass(&walk).tasks
                return (pruned, started.duration(to: .now) / .seconds(1))
            }
            report.add("drain_meanwhile", try await drain(rig), "tasks/s")
            let beside = try await load.during { try await pruning.value }
            report.addPercentiles("submit_meanwhile", beside.samples)
            guard beside.result.0 == options.count else { throw LoadError("\(beside.result.0) tasks were pruned") }
            report.add("pruned", Double(beside.result.0), "")
            report.add("prune_rate", Double(beside.result.0) / beside.result.1, "tasks/s")
            return report
        }
        report.addCommits(database.commitStatistics)
        return report
    }

    /// Tasks a second from the first submit of a backlog to the end of its last task.
    private static func drain(_ rig: BenchRig) async throws -> Double {
        let before = rig.successes
        let started = ContinuousClock.now
        try await rig.fill(drained)
        await rig.waitForSuccesses(before + drained)
        return Double(drained) / (started.duration(to: .now) / .seconds(1))
    }
}

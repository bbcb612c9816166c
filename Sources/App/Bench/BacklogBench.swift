import Logging
import Storage
import TaskEngine

/// What a backlog costs: the rate at which tasks are claimed out of a large one against a small one, and how long a tenant
/// waits behind another one's.
enum BacklogBench {
    static let bench = Bench(
        "backlog", "claim rate and another tenant's wait with 1,000,000 queued tasks of 1, 1,000 and 100,000 tenants",
        BenchOptions(count: 1_000_000, poolLimit: 500, callers: 64), measure: run)

    /// Tasks of the backlog that the large ones are compared with.
    private static let small = 10_000
    /// Tasks of which the rate is taken, after as many others: by then claims are made for that many tenants.
    private static let sample = 50_000
    /// Tasks that another tenant submits one by one while the large backlog is worked off.
    private static let strangers = 100

    private static func run(_ options: BenchOptions, _ settings: Settings, _ logger: Logger) async throws -> BenchReport {
        var report: BenchReport?
        var reference = 0.0
        for tenants in [1, 1_000, 100_000] {
            try await BenchDatabase.withPlace(settings, logger: logger) { own, _ in
                if report == nil {
                    reference = try await BenchDatabase.opened(own, logger) { try await smallRate(options, $0, logger) }
                }
                // Closed and opened again: moving a log full of submits into the database is no part of claiming.
                try await BenchDatabase.opened(own, logger) { try await fill(options, tenants: tenants, $0, logger) }
                try await BenchDatabase.opened(own, logger) { database in
                    var result = report ?? BenchReport("backlog", options, database)
                    if report == nil { result.add("queued_\(small)_rate", reference, "tasks/s") }
                    try await add(to: &result, tenants: tenants, reference, options, database, logger)
                    report = result
                }
            }
        }
        guard let report else { throw LoadError("nothing was measured") }
        return report
    }

    /// The median of five small backlogs, each from its first task to its last.
    private static func smallRate(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> Double {
        let rig = BenchRig(database, options, logger: logger)
        var rates: [Double] = []
        for _ in 0..<5 {
            try await rig.fill(small)
            rates.append(try await BenchRig(database, options, logger: logger).rate(of: small - 1))
        }
        return rates.sorted()[rates.count / 2]
    }

    /// Queued tasks, and a fifth as many that are scheduled for later.
    private static func fill(_ options: BenchOptions, tenants: Int, _ database: any Database, _ logger: Logger) async throws {
        let rig = BenchRig(database, options, logger: logger)
        let later = EngineClock.system.now() + 86_400_000_000
        try await rig.fill(options.count, tenants: tenants, callers: options.callers)
        try await rig.fill(options.count / 5, tenants: tenants, callers: options.callers, runAt: later)
    }

    private static func add(
        to report: inout BenchReport, tenants: Int, _ reference: Double, _ options: BenchOptions, _ database: any Database, _ logger: Logger
    ) async throws {
        let count = min(sample, options.count / 4)
        let cpu = processCPUSeconds()
        let rate = try await BenchRig(database, options, logger: logger).rate(of: count, warmUp: count)
        report.add("tenants_\(tenants)_rate", rate, "tasks/s")
        report.add("tenants_\(tenants)_cpu_per_task", (processCPUSeconds() - cpu) / Double(2 * count) * 1_000_000, "us")
        report.add("tenants_\(tenants)_against_small", rate / reference, "")
        if tenants == 1 {
            report.addPercentiles("another_tenant_submit_to_start", try await strangers(options, database, logger))
        }
        report.addCommits(database.commitStatistics, of: "tenants_\(tenants)")
    }

    /// Microseconds from each submit of another tenant to its handler's start, while the engine works off the backlog.
    private static func strangers(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> [Int64] {
        let marks = StartMarks()
        let rig = BenchRig(database, options, logger: logger, tasks: marks.register)
        return try await rig.run {
            await rig.waitForSuccesses(1)
            var samples: [Int64] = []
            for _ in 0..<strangers {
                let submitted = ContinuousClock.now
                try await rig.submitOne(StartMarks.type, tenant: "another")
                for started in await marks.next() { samples.append(Int64(submitted.duration(to: started) / .microseconds(1))) }
            }
            return samples
        }
    }
}

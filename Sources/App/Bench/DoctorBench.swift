import Logging
import Storage
import TaskEngine

/// How long the doctor takes for a million tasks in all states while an engine works and tasks are submitted.
enum DoctorBench {
    static let bench = Bench(
        "doctor", "examination of 1,000,000 tasks while others are submitted and run",
        BenchOptions(count: 1_000_000, poolLimit: 10, callers: 8), onDatabase: run)

    /// Served by nobody.
    private static let queue = "shelf"

    private static func run(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        try await fill(options.count, database)
        let rig = BenchRig(database, options, logger: logger)
        let (entries, samples) = try await rig.run {
            try await SteadySubmits(rig: rig, callers: options.callers).during {
                var durations: [(doctor: Doctor.Report, milliseconds: Double)] = []
                for _ in 0..<5 {
                    let started = ContinuousClock.now
                    let report = try await ProcessParts.doctor(of: database).examine()
                    durations.append((report, started.duration(to: .now) / .milliseconds(1)))
                }
                return durations
            }
        }
        var report = BenchReport("doctor", options, database)
        report.add("tasks", Double(entries.last?.doctor.tasks ?? 0), "")
        report.add("findings", Double(entries.map(\.doctor.findings.count).max() ?? 0), "")
        report.add("median", entries.map(\.milliseconds).sorted()[entries.count / 2], "ms")
        report.add("longest", entries.map(\.milliseconds).max() ?? 0, "ms")
        report.addPercentiles("submit_meanwhile", samples)
        report.addCommits(database.commitStatistics)
        return report
    }

    /// Half succeeded, a tenth failed, a fifth with tags and unique keys, the rest queued; half of all with input.
    private static func fill(_ count: Int, _ database: any Database) async throws {
        let now = EngineClock.system.now()
        try await database.write { try QueueSetup.insertMissing([.init(name: queue, pool: "shelf", weight: 1)], now: now, on: $0) }
        let past = PastTasks(database: database, queue: queue, now: now)
        try await past.succeeded(count / 2)
        try await past.failed(count / 10)
        try await labelled(count / 5, now: now, database)
        try await past.queued(count / 5)
    }

    private static func labelled(_ count: Int, now: Int64, _ database: any Database) async throws {
        for start in stride(from: 0, to: count, by: 1000) {
            let tasks = (start..<min(start + 1000, count)).map { index in
                NewTask(
                    tenant: "default", type: "demo.noop", queue: queue, tags: #"["blue","invoices"]"#,
                    uniqueKey: UniqueKey("key \(index)"))
            }
            try await database.write { _ = try Submit.submit(tasks, now: now, on: $0) }
        }
    }
}

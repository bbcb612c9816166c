import Foundation
package import Logging
import Storage
import Synchronization
import TaskEngine

/// `millrace bench`: what this machine and this database give, each figure with its conditions.
package enum Bench: String, CaseIterable, Sendable {
    /// Rate at which queued no-op tasks are executed.
    case drain
    /// Rate at which callers submit one by one while the engine runs what they submit.
    case submit
    /// The same over HTTP, each request answered after its commit.
    case http
    /// Time from a submit to the start of its handler on an idle engine.
    case latency
    /// Time from an upload to its run's end, against a process of its own.
    case ingest
    /// Rate at which configuration files are parsed, without anything else.
    case conf
    /// Time of the views of a run's result with this many stanzas.
    case views

    /// The size that docs/benchmarks.md quotes.
    package var defaultOptions: BenchOptions {
        switch self {
        case .drain: BenchOptions(count: 200_000, poolLimit: 500, callers: 1)
        case .submit: BenchOptions(count: 100_000, poolLimit: 500, callers: 64)
        case .http: BenchOptions(count: 50_000, poolLimit: 500, callers: 64)
        case .latency: BenchOptions(count: 500, poolLimit: 10, callers: 1)
        case .ingest, .conf: BenchOptions(count: 10_500, poolLimit: 0, callers: 1)
        case .views: BenchOptions(count: 2_000_000, poolLimit: 2, callers: 1)
        }
    }

    /// Runs it on a database of its own.
    package func run(_ options: BenchOptions, _ settings: Settings, logger: Logger) async throws -> BenchReport {
        switch self {
        case .ingest: return try await IngestBench.run(options, settings, logger)
        case .conf: return try ConfBench.run(options)
        case .drain, .submit, .http, .latency, .views: break
        }
        return try await BenchDatabase.with(settings, logger: logger) { database in
            switch self {
            case .drain: try await Self.drain(options, database, logger)
            case .submit: try await Self.submit(options, database, logger)
            case .http: try await HTTPBench.run(options, database, logger)
            case .latency: try await Self.latency(options, database, logger)
            case .ingest, .conf: preconditionFailure("needs no database of this process")
            case .views: try await ViewsBench.run(options, settings, database, logger)
            }
        }
    }

    private static func drain(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
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

    private static func submit(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        let rig = BenchRig(database, options, logger: logger)
        let perCaller = max(options.count / options.callers, 1)
        let (samples, elapsed) = try await rig.run {
            let started = ContinuousClock.now
            let samples = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for _ in 0..<options.callers {
                    group.addTask { try await sampled(perCaller) { try await rig.submitOne() } }
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

    private static func latency(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        let started = Mutex<ContinuousClock.Instant?>(nil)
        let rig = BenchRig(database, options, logger: logger) { registry in
            registry.register(name: "bench.mark") { _, _ in
                started.withLock { $0 = .now }
                return nil
            }
        }
        let samples = try await rig.run {
            var samples: [Int64] = []
            for index in 0..<options.count {
                let submitted = ContinuousClock.now
                try await rig.submitOne("bench.mark")
                await rig.waitForSuccesses(index + 1)
                if let instant = started.withLock({ $0 }) { samples.append(Int64(submitted.duration(to: instant) / .microseconds(1))) }
            }
            return samples
        }
        var report = BenchReport("latency", options, database)
        report.add("samples", Double(samples.count), "")
        report.addPercentiles("submit_to_start", samples)
        report.addCommits(database.commitStatistics)
        return report
    }

    /// Times each of `count` calls, in microseconds.
    static func sampled(_ count: Int, _ call: () async throws -> Void) async throws -> [Int64] {
        var samples: [Int64] = []
        samples.reserveCapacity(count)
        for _ in 0..<count {
            let started = ContinuousClock.now
            try await call()
            samples.append(Int64(started.duration(to: .now) / .microseconds(1)))
        }
        return samples
    }
}

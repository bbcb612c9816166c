import Foundation
import Logging
import Storage
import TaskEngine

/// What a process takes: memory when idle and with a large backlog, and the time from its start to ready with it.
enum RestartBench {
    static let bench = Bench(
        "restart", "time from start to ready and memory of a process with 1,000,000 queued tasks; memory when idle",
        BenchOptions(count: 1_000_000, poolLimit: 10, callers: 64), measure: run)

    /// Starts, of which the median counts.
    private static let starts = 5

    private static func run(_ options: BenchOptions, _ settings: Settings, _ logger: Logger) async throws -> BenchReport {
        try await BenchDatabase.withPlace(settings, logger: logger) { own, directory in
            let idle = try await measure(own, directory, settlesFor: 3)
            var report = try await BenchDatabase.opened(own, logger) { database in
                try await BenchRig(database, options, logger: logger).fill(options.count)
                return BenchReport("restart", options, database)
            }
            var ready: [Int64] = []
            for _ in 1..<starts { ready.append(try await measure(own, directory, settlesFor: 0).microseconds) }
            let full = try await measure(own, directory, settlesFor: 3)
            ready.append(full.microseconds)
            report.add("queued", Double(options.count), "")
            report.add("start_to_ready_empty", Double(idle.microseconds) / 1000, "ms")
            report.addPercentiles("start_to_ready", ready)
            report.add("memory_idle", idle.memory, "MiB")
            report.add("memory_working_off_backlog", full.memory, "MiB")
            report.add("memory_working_off_backlog_peak", full.peak, "MiB")
            return report
        }
    }

    private struct Result {
        /// From the start of the process to the first 200 of `/readyz`.
        var microseconds: Int64
        /// MiB after it has run for a while, and at its highest; NaN where the system does not say.
        var memory = Double.nan
        var peak = Double.nan
    }

    private static func measure(_ settings: Settings, _ directory: String, settlesFor seconds: Double) async throws -> Result {
        try await onThread {
            let started = ContinuousClock.now
            let serve = try ServeProcess(settings, directory: directory + "/data")
            defer { serve.stop() }
            _ = try BenchClient(port: serve.port).get("/readyz")
            var result = Result(microseconds: Int64(started.duration(to: .now) / .microseconds(1)))
            Thread.sleep(forTimeInterval: seconds)
            if let memory = serve.memory() {
                result.memory = Double(memory.now) / 1024
                result.peak = Double(memory.peak) / 1024
            }
            return result
        }
    }
}

import Logging
import Storage
import WebAPI
import WebCore

/// `POST /v1/tasks/batch` with 10,000 tasks and an `Idempotency-Key`, then the same request again. Nothing executes them.
enum BatchBench {
    static let bench = Bench(
        "batch", "POST /v1/tasks/batch with 10,000 tasks, and the same request sent again",
        BenchOptions(count: 10, poolLimit: 0, callers: 1), onDatabase: run)

    private static let size = 10_000

    static func run(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        let rig = BenchRig(database, options, logger: logger)
        var routes = Routes()
        routes.add(TaskRoutes(service: rig.service))
        let (submits, replays) = try await BenchServer.with(routes, logger) { port in
            try await onThread { try send(rounds: options.count, port: port) }
        }
        var report = BenchReport("batch", options, database)
        report.add("tasks_per_batch", Double(size), "")
        report.addPercentiles("submit", submits)
        report.addPercentiles("replay", replays)
        report.addCommits(database.commitStatistics)
        return report
    }

    private static func send(rounds: Int, port: Int) throws -> (submits: [Int64], replays: [Int64]) {
        let client = try BenchClient(port: port)
        let body = #"{"tasks":["# + Array(repeating: #"{"type":"demo.noop"}"#, count: size).joined(separator: ",") + "]}"
        var samples: [[Int64]] = [[], []]
        for round in 0..<rounds {
            for kind in samples.indices {
                let request = BenchClient.request("POST", "/v1/tasks/batch", json: body, headers: "Idempotency-Key: round-\(round)\r\n")
                let started = ContinuousClock.now
                _ = try client.send(request)
                samples[kind].append(Int64(started.duration(to: .now) / .microseconds(1)))
            }
        }
        return (samples[0], samples[1])
    }
}

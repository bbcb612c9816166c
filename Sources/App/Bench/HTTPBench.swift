import Foundation
import Logging
import Storage
import TaskEngine
import WebAPI
import WebCore

/// `POST /v1/tasks` over loopback, from threads of this process, while the engine runs what was submitted.
enum HTTPBench {
    static let bench = Bench(
        "http", "rate and latency of POST /v1/tasks, each answered after its commit",
        BenchOptions(count: 50_000, poolLimit: 500, callers: 64), onDatabase: run)

    static func run(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        let rig = BenchRig(database, options, logger: logger)
        var routes = Routes()
        routes.add(TaskRoutes(service: rig.service))
        let (samples, elapsed) = try await BenchServer.with(routes, logger) { port in
            try await rig.run {
                let started = ContinuousClock.now
                let samples = try await load(options, port: port)
                let elapsed = started.duration(to: .now)
                await rig.waitForSuccesses(samples.count)
                return (samples, elapsed)
            }
        }
        var report = BenchReport("http", options, database)
        report.add("connections", Double(options.callers), "")
        report.add("rate", Double(samples.count) / (elapsed / .seconds(1)), "requests/s")
        report.addPercentiles("request", samples)
        report.addCommits(database.commitStatistics)
        return report
    }

    /// A thread per connection: the client must not share the server's threads.
    /// - Parameter headers: further ones of each request, whole lines.
    static func load(_ options: BenchOptions, port: Int, headers: String = "") async throws -> [Int64] {
        let perCaller = max(options.count / options.callers, 1)
        return try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<options.callers {
                group.addTask {
                    try await onThread { try submits(perCaller, port: port, headers: headers) }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Sends `count` submits one after another over one connection and returns each one's microseconds.
    private static func submits(_ count: Int, port: Int, headers: String) throws -> [Int64] {
        let client = try BenchClient(port: port)
        let request = BenchClient.request("POST", "/v1/tasks", json: #"{"type":"demo.noop"}"#, headers: headers)
        return try (0..<count).map { _ in
            let started = ContinuousClock.now
            _ = try client.send(request)
            return Int64(started.duration(to: .now) / .microseconds(1))
        }
    }
}

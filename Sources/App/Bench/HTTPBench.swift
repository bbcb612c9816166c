import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import Storage
import Synchronization
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
        let ports = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        var routes = Routes()
        routes.add(TaskRoutes(service: rig.service))
        let http = HTTPService(
            responder: routes.makeRouter(metrics: PrometheusRegistry(), isLoopbackOnly: true).buildResponder(),
            addresses: [BindAddress(host: "127.0.0.1", port: 0)], logger: logger, onListening: { ports.continuation.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [.init(service: http)], logger: logger))
        let serving = Task { try await group.run() }
        guard let port = await ports.stream.first(where: { _ in true }) else { throw LoadError("the server did not start") }
        let (samples, elapsed) = try await rig.run {
            let started = ContinuousClock.now
            let samples = try await load(options, port: port)
            let elapsed = started.duration(to: .now)
            await rig.waitForSuccesses(samples.count)
            return (samples, elapsed)
        }
        await group.triggerGracefulShutdown()
        try await serving.value
        var report = BenchReport("http", options, database)
        report.add("connections", Double(options.callers), "")
        report.add("rate", Double(samples.count) / (elapsed / .seconds(1)), "requests/s")
        report.addPercentiles("request", samples)
        report.addCommits(database.commitStatistics)
        return report
    }

    /// A thread per connection: the client must not share the server's threads.
    private static func load(_ options: BenchOptions, port: Int) async throws -> [Int64] {
        let perCaller = max(options.count / options.callers, 1)
        return try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<options.callers {
                group.addTask {
                    try await onThread { try LoadClient(port: port).run(perCaller) }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }
}

import Foundation
import Logging
import Storage
import TaskEngine
import WebAPI
import WebCore

/// What it costs to know who sends a request: `POST /v1/tasks` over loopback, in turns without keys and with a signed token on every
/// request, while the engine runs what was submitted.
///
/// Both servers are in this process, on one database, and loaded one after the other in short rounds, so that what else the machine does
/// falls on both alike.
enum AuthBench {
    static let bench = Bench(
        "auth", "what authentication adds to POST /v1/tasks",
        BenchOptions(count: 80_000, poolLimit: 500, callers: 64), onDatabase: run)

    /// Rounds of each kind; in every second pair the other kind comes first.
    static let rounds = 10

    static func run(_ options: BenchOptions, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        let rig = BenchRig(database, options, logger: logger)
        var routes = Routes()
        routes.add(TaskRoutes(service: rig.service))
        let key = try await VerificationKey.shared("a secret of thirty-two bytes or more")
        let authenticator = Authenticator(shared: key, published: nil, store: AccessStore(database: database))
        let token = try TokenMinter(key: key, rules: TokenRules()).mint(
            .local, lifetime: .seconds(86_400), now: EngineClock.system.now())
        let header = "Authorization: Bearer \(token)\r\n"
        var perRound = options
        perRound.count = max(options.count / (2 * rounds), options.callers)
        let (without, with) = try await BenchServer.with(routes, logger) { open in
            try await BenchServer.with(routes, authenticator: authenticator, logger) { [perRound] keyed in
                try await rig.run {
                    var times: (without: [Duration], with: [Duration]) = ([], [])
                    var submitted = try await HTTPBench.load(perRound, port: open).count
                    submitted += try await HTTPBench.load(perRound, port: keyed, headers: header).count
                    for round in 0..<rounds {
                        for isKeyed in round % 2 == 0 ? [false, true] : [true, false] {
                            let started = ContinuousClock.now
                            submitted += try await HTTPBench.load(perRound, port: isKeyed ? keyed : open, headers: isKeyed ? header : "")
                                .count
                            let elapsed = started.duration(to: .now)
                            if isKeyed { times.with.append(elapsed) } else { times.without.append(elapsed) }
                        }
                    }
                    await rig.waitForSuccesses(submitted)
                    return times
                }
            }
        }
        var report = BenchReport("auth", options, database)
        report.add("connections", Double(options.callers), "")
        report.add("rounds", Double(rounds), "")
        let sent = Double(max(perRound.count / options.callers, 1) * options.callers)
        report.add("without", sent / median(without.map { $0 / .seconds(1) }), "requests/s")
        report.add("with", sent / median(with.map { $0 / .seconds(1) }), "requests/s")
        report.add("added", (median(zip(with, without).map { $0 / $1 }) - 1) * 100, "% of the time")
        return report
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

import Foundation
import JSONText
import Logging
import Storage
import TaskEngine
import WebCore
import Workloads

/// The views of a large result over loopback, one request at a time: an archive is uploaded and read first.
enum ViewsBench {
    static let bench = Bench(
        "views", "time of the views of a run's result with this many stanzas",
        BenchOptions(count: 2_000_000, poolLimit: 2, callers: 1),
        measure: { options, settings, logger in
            try await BenchDatabase.with(settings, logger: logger) { try await run(options, settings, $0, logger) }
        })

    /// Requests per view.
    private static let samples = 200

    /// - Parameter options: `count` is the number of stanzas.
    static func run(_ options: BenchOptions, _ settings: Settings, _ database: any Database, _ logger: Logger) async throws -> BenchReport {
        let directory = URL(fileURLWithPath: settings.dataDirectory).appendingPathComponent("bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let result: Result<BenchReport, any Error>
        do { result = .success(try await measure(options, directory, database, logger)) } catch { result = .failure(error) }
        try FileManager.default.removeItem(at: directory)
        return try result.get()
    }

    private static func measure(
        _ options: BenchOptions, _ directory: URL, _ database: any Database, _ logger: Logger
    ) async throws -> BenchReport {
        let blobs = try BlobStore(
            directory: directory.path, database: database, minFree: 0, now: EngineClock.system.now(), logger: logger)
        let workload = IngestionWorkload(database: database, blobs: blobs, settings: .init(maxUpload: 8 << 30), logger: logger)
        try await database.write {
            try QueueSetup.insertMissing([.init(name: "ingest", pool: "default", weight: 1)], now: 0, on: $0)
        }
        let rig = BenchRig(database, options, logger: logger) { workload.registerTasks(in: &$0) }
        let archive = try ViewsArchive(path: directory.appendingPathComponent("bench.tar").path, stanzas: options.count)
        var routes = Routes()
        workload.addRoutes(to: &routes, service: rig.service)
        var report = BenchReport("views", options, database)
        report = try await BenchServer.with(routes, logger) { [report] port in
            var report = report
            let started = ContinuousClock.now
            let run = try await onThread { try upload(archive, port) }
            try await rig.run { await rig.waitForSuccesses(1) }
            let elapsed = started.duration(to: .now) / .seconds(1)
            let figures = try await onThread { try views(of: run, archive, port) }
            report.add("stanzas", figures.stanzas, "")
            report.add("ingest", elapsed, "s")
            for (name, samples) in figures.samples { report.addPercentiles(name, samples) }
            report.add("whole_diff", figures.wholeDiff, "s")
            return report
        }
        return report
    }

    // MARK: - Client

    private struct Figures: Sendable {
        var stanzas = 0.0
        var samples: [(name: String, samples: [Int64])] = []
        var wholeDiff = 0.0
    }

    private static func upload(_ archive: ViewsArchive, _ port: Int) throws -> Int64 {
        let answer = try JSONDocument(parsing: BenchClient(port: port).upload(archive.path, type: "instance_etc")).root
        guard let run = answer["run_id"]?.int64 else { throw LoadError("an upload without a run: \(answer.rawText)") }
        return run
    }

    private static func views(of run: Int64, _ archive: ViewsArchive, _ port: Int) throws -> Figures {
        let client = try BenchClient(port: port)
        let base = "/v1/runs/\(run)"
        let summary = try JSONDocument(parsing: try client.get(base)).root
        guard summary["status"]?.string == "complete" else { throw LoadError("the run has ended so: \(summary.rawText.prefix(300))") }
        var figures = Figures()
        figures.stanzas = summary["stanza_count"]?.double ?? 0
        var random = SystemRandomNumberGenerator()
        func app() -> Int { Int.random(in: 0..<ViewsArchive.apps, using: &random) }
        func name(_ app: Int) -> String {
            let number = Int.random(in: 5..<max(archive.stanzasPerFile - 1, 6), using: &random)
            return ViewsArchive.name(app: app, number)
        }
        func type() -> String { ViewsArchive.types.randomElement(using: &random) ?? "props" }
        func effective(_ stanza: String, _ rest: String = "") -> String {
            "\(base)/effective?conf_type=\(type())&stanza=\(stanza)\(rest)"
        }
        let views: [(String, () -> String)] = [
            ("stanzas_first_page", { "\(base)/stanzas" }),
            ("stanzas_by_name", { "\(base)/stanzas?name=\(name(app()))" }),
            ("stanzas_by_type_and_app", { "\(base)/stanzas?conf_type=\(type())&app=\(ViewsArchive.app(app()))" }),
            ("stanzas_by_type_and_name", { "\(base)/stanzas?conf_type=\(type())&name=shared_1" }),
            ("props_first_page", { "\(base)/props" }),
            ("effective_one_global", { effective(name(app())) }),
            (
                "effective_one_in_app",
                {
                    let app = app()
                    return effective(name(app), "&app=\(ViewsArchive.app(app))&user=nobody")
                }
            ),
            ("effective_shared_by_all_apps", { effective("shared_1") }),
            ("effective_shared_in_app", { effective("shared_1", "&app=\(ViewsArchive.app(app()))") }),
        ]
        for (name, path) in views {
            for _ in 0..<5 { _ = try client.get(path()) }
            figures.samples.append((name, try sampled(samples) { _ = try client.get(path()) }))
        }
        figures.samples.append(("effective_first_page", try sampled(10) { _ = try client.get("\(base)/effective?conf_type=\(type())") }))
        figures.samples.append(("diff_first_page", try sampled(10) { _ = try client.get("\(base)/diff?with=\(run)") }))
        let started = ContinuousClock.now
        var cursor = ""
        while let next = try JSONDocument(parsing: client.get("\(base)/diff?with=\(run)&cursor=\(cursor)")).root["next_cursor"]?.string {
            cursor = next
        }
        figures.wholeDiff = started.duration(to: .now) / .seconds(1)
        return figures
    }

    private static func sampled(_ count: Int, _ call: () throws -> Void) throws -> [Int64] {
        try (0..<count).map { _ in
            let started = ContinuousClock.now
            try call()
            return Int64(started.duration(to: .now) / .microseconds(1))
        }
    }
}

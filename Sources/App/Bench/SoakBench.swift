import Foundation
import Logging
import Storage

/// Steady load for a long time with retention that keeps up: whether the file, the memory and the latency reach a plateau.
enum SoakBench {
    static let bench = Bench(
        "soak", "30 minutes of steady load with a retention of two minutes (--count seconds)",
        BenchOptions(count: 1_800, poolLimit: 0, callers: 1), isPartOfAll: false, measure: run)

    /// Pieces that the time is divided into. The first fifth fills the tables; the others are compared.
    private static let windows = 30
    private static let warmUp = 6
    /// What ended is kept for a fifteenth of the time, at least for a minute.
    private static let kept = ["SUCCEEDED", "CANCELLED", "FAILED"].map { "MILLRACE_RETENTION_\($0)" } + ["MILLRACE_RESULT_TTL"]

    private static func run(_ options: BenchOptions, _ settings: Settings, _ logger: Logger) async throws -> BenchReport {
        try await BenchDatabase.withPlace(settings, logger: logger) { own, directory in
            let file: String? = if case .sqlite(let path) = own.database { path } else { nil }
            let seconds = Double(options.count) / Double(windows)
            let samples = try await onThread {
                let further = Dictionary(uniqueKeysWithValues: kept.map { ($0, "\(max(options.count / 15, 60))s") })
                let serve = try ServeProcess(own, directory: directory + "/data", further: further)
                defer { serve.stop() }
                let load = SteadyLoad(port: serve.port)
                defer { load.stop() }
                return try (0..<windows).map { _ in try window(of: seconds, serve, file, load) }
            }
            var report = try await BenchDatabase.opened(own, logger) { BenchReport("soak", options, $0) }
            add(samples, to: &report)
            return report
        }
    }

    /// What is seen at the end of one piece of the time.
    private struct Window {
        var file = Double.nan
        var log = Double.nan
        var memory = Double.nan
        var started = 0.0
        var submitted = 0
    }

    private static func window(of seconds: Double, _ serve: ServeProcess, _ file: String?, _ load: SteadyLoad) throws -> Window {
        let before = try load.submitted()
        let probe = LatencyProbe(port: serve.port)
        Thread.sleep(forTimeInterval: seconds)
        let started = try probe.stop().started.sorted()
        var window = Window()
        window.started = started.isEmpty ? .nan : Double(started[started.count * 99 / 100]) / 1000
        window.submitted = try load.submitted() - before + started.count
        if let memory = serve.memory() { window.memory = Double(memory.now) / 1024 }
        if let file {
            window.file = try mebibytes(file)
            window.log = try mebibytes(file + "-wal")
        }
        return window
    }

    private static func mebibytes(_ path: String) throws -> Double {
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        return Double(size ?? 0) / Double(1 << 20)
    }

    /// Medians of the first and of the last third behind the warm-up, and the one by the other.
    private static func add(_ windows: [Window], to report: inout BenchReport) {
        let steady = Array(windows.dropFirst(warmUp))
        let third = steady.count / 3
        report.add("tasks", Double(windows.map(\.submitted).reduce(0, +)), "")
        let columns: [(String, KeyPath<Window, Double>, String)] = [
            ("file", \.file, "MiB"), ("log", \.log, "MiB"), ("memory", \.memory, "MiB"), ("submit_to_start_p99", \.started, "ms"),
        ]
        for (name, column, unit) in columns {
            let early = median(steady.prefix(third).map { $0[keyPath: column] })
            let late = median(steady.suffix(third).map { $0[keyPath: column] })
            report.add(name + "_early", early, unit)
            report.add(name + "_late", late, unit)
            report.add(name + "_late_by_early", late / early, "")
            report.add(name + "_highest", windows.map { $0[keyPath: column] }.max() ?? .nan, unit)
        }
    }

    private static func median(_ values: [Double]) -> Double {
        values.sorted()[values.count / 2]
    }
}

/// Submits tasks of several kinds at a steady rate, from a thread of its own: some with tags, unique keys, inputs and
/// results, some that fail for good and some that fail first.
private struct SteadyLoad {
    /// Tasks of one request, and seconds from one to the next.
    private static let bunch = 100
    private static let interval = 0.2

    private let requests: BenchLoop<Void>

    init(port: Int) {
        requests = BenchLoop {
            let client = try BenchClient(port: port)
            var round = 0
            return {
                _ = try client.send(BenchClient.request("POST", "/v1/tasks/batch", json: Self.batch(round)))
                round += 1
                Thread.sleep(forTimeInterval: Self.interval)
            }
        }
    }

    /// Tasks so far.
    /// - Throws: what ended it.
    func submitted() throws -> Int { try requests.items().count * Self.bunch }

    func stop() { requests.stop() }

    private static func batch(_ round: Int) -> String {
        let tasks = (0..<bunch).map { index in
            switch index % 10 {
            case 0: #"{"type":"demo.echo","input":{"text":"\#(String(repeating: "x", count: 400))"},"tags":["soak"]}"#
            case 1: #"{"type":"demo.echo","input":{"round":\#(round)},"unique_key":"\#(round)/\#(index)"}"#
            case 2: #"{"type":"demo.fail","input":{"message":"for good","permanent":true}}"#
            case 3: #"{"type":"demo.noop","delay_ms":500}"#
            default: #"{"type":"demo.noop"}"#
            }
        }
        return #"{"tasks":[\#(tasks.joined(separator: ","))]}"#
    }
}

import Foundation
import JSONText
import Logging
import Storage

/// From the first byte of an upload to its run's `complete`, over HTTP, against a serve process of its own; and, on request,
/// what a large archive does to that process's memory and to other tasks meanwhile.
enum IngestBench {
    static let bench = Bench(
        "ingest", "time from an upload to its run's end, against a process of its own",
        BenchOptions(count: 10_500, poolLimit: 0, callers: 1), measure: run)

    static func run(_ options: BenchOptions, _ settings: Settings, _ logger: Logger) async throws -> BenchReport {
        try await BenchDatabase.withPlace(settings, logger: logger) { own, directory in
            if options.isLarge, options.count < BenchOptions.largeArchive {
                let result = try await once(members: options.count, own, directory, isLarge: true, probes: true)
                var report = BenchReport("ingest_large", try await conditions(own, logger))
                add(result, to: &report)
                return report
            }
            guard options.isLarge else {
                let result = try await once(members: options.count, own, directory, isLarge: false, probes: false)
                var report = BenchReport("ingest", try await conditions(own, logger))
                add(result, to: &report)
                return report
            }
            var other = own
            if case .sqlite(let path) = own.database { other.database = .sqlite(path: path + "-third") }
            let small = try await once(members: options.count / 3, other, directory, isLarge: true, probes: false)
            let result = try await once(members: options.count, own, directory, isLarge: true, probes: true)
            var report = BenchReport("ingest_large", try await conditions(own, logger))
            report.add("third_members", Double(small.contents.members), "")
            report.add("third_time", small.seconds, "s")
            report.add("third_peak_memory_above_idle", small.memory, "MiB")
            add(result, to: &report)
            let perMember = (small.seconds / Double(small.contents.members), result.seconds / Double(result.contents.members))
            report.add("time_per_member_against_third", perMember.1 / perMember.0, "")
            return report
        }
    }

    private static func add(_ result: Result, to report: inout BenchReport) {
        report.add("members", Double(result.contents.members), "")
        report.add("packed", Double(result.contents.packedBytes) / 1_000_000, "MB")
        report.add("unpacked", Double(result.contents.unpackedBytes) / 1_000_000, "MB")
        report.add("stanzas", Double(result.contents.stanzas), "")
        report.add("settings", Double(result.contents.settings), "")
        report.add("upload_to_complete", result.seconds, "s")
        report.add("upload_answered", result.uploadSeconds, "s")
        report.add("stanzas_rate", Double(result.contents.stanzas) / result.seconds, "stanzas/s")
        report.add("peak_memory_above_idle", result.memory, "MiB")
        report.addPercentiles("submit_answered_meanwhile", result.meanwhile.answered)
        report.addPercentiles("submit_to_start_meanwhile", result.meanwhile.started)
        report.addPercentiles("submit_to_end_meanwhile", result.meanwhile.ended)
    }

    private static func conditions(_ settings: Settings, _ logger: Logger) async throws -> [(name: String, text: String)] {
        let database = try await ProcessParts.openDatabase(settings, owner: nil, logger: logger)
        defer { database.close() }
        return [("database", database.dialect.rawValue), ("durability", database.durability)]
    }

    private struct Result {
        var contents: CorpusArchive.Contents
        var seconds = 0.0
        var uploadSeconds = 0.0
        /// NaN where the system does not say.
        var memory = Double.nan
        /// Of the tasks that were submitted while the archive was read.
        var meanwhile = LatencyProbe.Samples()
    }

    /// One archive, one process.
    private static func once(members: Int, _ settings: Settings, _ directory: String, isLarge: Bool, probes: Bool) async throws -> Result {
        let archive = directory + "/corpus-\(members).tar.gz"
        let contents = try CorpusArchive.write(members: members, otherEvery: isLarge ? 3 : 11, to: archive)
        return try await onThread {
            let serve = try ServeProcess(settings, directory: directory + "/data")
            defer { serve.stop() }
            let client = try BenchClient(port: serve.port)
            _ = try client.get("/livez")
            let idle = serve.memory()
            var result = Result(contents: contents)
            let probe = probes ? LatencyProbe(port: serve.port) : nil
            let started = ContinuousClock.now
            let upload = try JSONDocument(parsing: client.upload(archive, type: "instance_etc")).root
            result.uploadSeconds = started.duration(to: .now) / .seconds(1)
            guard let run = upload["run_id"]?.int64 else { throw LoadError("an upload without a run: \(upload.rawText)") }
            try waitUntilComplete(run, client, every: probes ? 0.02 : 0.002)
            result.seconds = started.duration(to: .now) / .seconds(1)
            if let idle, let end = serve.memory() { result.memory = Double(end.peak - idle.now) / 1024 }
            if let probe { result.meanwhile = try probe.stop() }
            return result
        }
    }

    private static func waitUntilComplete(_ run: Int64, _ client: BenchClient, every seconds: Double) throws {
        while true {
            let answer = try JSONDocument(parsing: client.get("/v1/runs/\(run)")).root
            switch answer["status"]?.string {
            case "complete": return
            case "failed", "cancelled": throw LoadError("the run ended: \(answer.rawText)")
            default: Thread.sleep(forTimeInterval: seconds)
            }
        }
    }
}

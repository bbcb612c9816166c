import Foundation
import JSONText
import Logging
import Storage
import Synchronization
import WebCore

/// From the first byte of an upload to its run's `complete`, over HTTP, against a serve process of its own; and, on request,
/// what a large archive does to that process's memory and to other tasks meanwhile.
enum IngestBench {
    static let bench = Bench(
        "ingest", "time from an upload to its run's end, against a process of its own",
        BenchOptions(count: 10_500, poolLimit: 0, callers: 1), measure: run)

    /// Members of the large archive, and of the one that it is compared with.
    static let large = 450_000
    static let third = 150_000

    static func run(_ options: BenchOptions, _ settings: Settings, _ logger: Logger) async throws -> BenchReport {
        try await BenchDatabase.withPlace(settings, logger: logger) { own, directory in
            var report: BenchReport
            if options.isLarge {
                var other = own
                if case .sqlite(let path) = own.database { other.database = .sqlite(path: path + "-third") }
                let small = try await once(members: third, other, directory, isLarge: true, probes: false)
                let large = try await once(members: large, own, directory, isLarge: true, probes: true)
                report = BenchReport("ingest_large", try await conditions(own, logger))
                report.add("third_members", Double(small.contents.members), "")
                report.add("third_time", small.seconds, "s")
                report.add("third_peak_memory_above_idle", small.memory, "MiB")
                add(large, to: &report)
                let perMember = (small.seconds / Double(small.contents.members), large.seconds / Double(large.contents.members))
                report.add("time_per_member_against_third", perMember.1 / perMember.0, "")
            } else {
                let result = try await once(members: options.count, own, directory, isLarge: false, probes: false)
                report = BenchReport("ingest", try await conditions(own, logger))
                add(result, to: &report)
            }
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
        report.addPercentiles("request_meanwhile", result.requests)
        report.addPercentiles("submit_to_end_meanwhile", result.tasks)
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
        /// Microseconds of each request while the archive was read.
        var requests: [Int64] = []
        /// Microseconds from the submit to the end of each no-op task meanwhile: a little more than to its handler's start.
        var tasks: [Int64] = []
    }

    /// One archive, one process.
    private static func once(members: Int, _ settings: Settings, _ directory: String, isLarge: Bool, probes: Bool) async throws -> Result {
        let archive = directory + "/corpus-\(members).tar.gz"
        let contents = try CorpusArchive.write(members: members, otherEvery: isLarge ? 3 : 11, to: archive)
        return try await onThread {
            let serve = try ServeProcess(settings, directory: directory + "/data")
            defer { serve.stop() }
            let connection = try BenchConnection(port: serve.port)
            _ = try connection.request("GET", "/livez")
            let idle = serve.memory()
            var result = Result(contents: contents)
            let probe = probes ? LatencyProbe(port: serve.port) : nil
            let started = ContinuousClock.now
            let upload = try JSONDocument(parsing: connection.upload(archive, size: contents.packedBytes)).root
            result.uploadSeconds = started.duration(to: .now) / .seconds(1)
            guard let run = upload["run_id"]?.int64 else { throw LoadError("an upload without a run: \(upload.rawText)") }
            try waitUntilComplete(run, connection, every: probes ? 0.02 : 0.002)
            result.seconds = started.duration(to: .now) / .seconds(1)
            if let idle, let end = serve.memory() { result.memory = Double(end.peak - idle.now) / 1024 }
            if let probe {
                result.requests = try probe.stop()
                result.tasks = try lengths(ofTasks: result.requests.count, connection)
            }
            return result
        }
    }

    private static func waitUntilComplete(_ run: Int64, _ connection: BenchConnection, every seconds: Double) throws {
        while true {
            let answer = try JSONDocument(parsing: connection.request("GET", "/v1/runs/\(run)")).root
            switch answer["status"]?.string {
            case "complete": return
            case "failed", "cancelled": throw LoadError("the run ended: \(answer.rawText)")
            default: Thread.sleep(forTimeInterval: seconds)
            }
        }
    }

    /// From `created_at` to `finished_at` of the last no-op tasks.
    private static func lengths(ofTasks count: Int, _ connection: BenchConnection) throws -> [Int64] {
        var lengths: [Int64] = []
        var cursor = ""
        while lengths.count < count {
            let page = try JSONDocument(parsing: connection.request("GET", "/v1/tasks?type=demo.noop&limit=500&cursor=\(cursor)")).root
            for task in page["data"]?.elements ?? [] {
                guard let created = task["created_at"]?.string.flatMap(Timestamp.parse),
                    let finished = task["finished_at"]?.string.flatMap(Timestamp.parse)
                else { continue }
                lengths.append(finished - created)
            }
            guard let next = page["next_cursor"]?.string else { break }
            cursor = next
        }
        return lengths
    }
}

extension IngestBench {
    /// Submits a no-op task every few milliseconds from a thread of its own.
    private final class LatencyProbe: Sendable {
        static let pause = 0.005

        private struct State {
            var samples: [Int64] = []
            var error: (any Error)?
            var isStopping = false
        }

        private let state = Mutex(State())
        private let ended = DispatchSemaphore(value: 0)

        init(port: Int) {
            let thread = Thread { [self] in
                do { try run(port) } catch { state.withLock { $0.error = error } }
                ended.signal()
            }
            thread.start()
        }

        /// - Returns: the microseconds of each request.
        func stop() throws -> [Int64] {
            state.withLock { $0.isStopping = true }
            ended.wait()
            return try state.withLock { state in
                if let error = state.error { throw error }
                return state.samples
            }
        }

        private func run(_ port: Int) throws {
            let connection = try BenchConnection(port: port)
            while !state.withLock({ $0.isStopping }) {
                let started = ContinuousClock.now
                _ = try connection.request("POST", "/v1/tasks", json: #"{"type":"demo.noop"}"#)
                let sample = Int64(started.duration(to: .now) / .microseconds(1))
                state.withLock { $0.samples.append(sample) }
                Thread.sleep(forTimeInterval: Self.pause)
            }
        }
    }
}

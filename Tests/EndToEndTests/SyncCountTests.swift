import Foundation
import JSONText
import TestSupport
import Testing

extension EndToEnd {
    /// Counted and not timed: how long a sync takes is the disk's affair, how many there are is ours.
    @Suite("Syncs of the log", .timeLimit(.minutes(5)), .enabled(if: Shim.isAvailable, "\(Shim.reason)"))
    struct SyncCountTests {
        @Test("a batch of 1,000 tasks costs one, 200 submits at most one each, and 5,000 tasks are drained with one per 20")
        func perTask() async throws {
            try await withTemporaryDirectory { tools in
                try await withSite(.sqlite) { site in
                    let trace = tools.path("trace")
                    let process = try await site.serve([
                        "LD_PRELOAD": try await Shim.fileTrace.compile(into: tools.url.path), "TRACE_FILE": trace,
                        "TRACE_ROOT": site.place.directory.url.path, "MILLRACE_POOLS": "default=500",
                        // Nothing of its own accord during the test.
                        "MILLRACE_HEARTBEAT_MS": "600000", "MILLRACE_WORKER_DEAD_MS": "2400000",
                    ])
                    let api = process.api
                    try await api.expect(200, .post("/v1/queues/default/pause"))
                    try await Self.waitUntilQuiet(trace)

                    let batch = try await Self.syncs(trace) {
                        _ = try await api.submitBatch(Array(repeating: #"{"type": "demo.noop"}"#, count: 1000))
                    }
                    #expect(batch == 1)

                    let single = try await Self.syncs(trace) { try await Self.submitAtOnce(200, process.port) }
                    #expect(single <= 200)

                    for _ in 0..<4 { _ = try await api.submitBatch(Array(repeating: #"{"type": "demo.noop"}"#, count: 1000)) }
                    let drain = try await Self.syncs(trace) {
                        try await api.expect(200, .post("/v1/queues/default/resume"))
                        try await waitForProgress("all tasks have ended", within: .seconds(60)) { try await api.health().isIdle }
                    }
                    print("syncs: batch \(batch), 200 submits \(single), drain of 5,200 \(drain)")
                    #expect(drain <= 5200 / 20)
                    #expect(try await process.terminate() == .code(0))
                }
            }
        }

        @Test("the pieces of an ingestion do not wait for the disk one by one")
        func ingestion() async throws {
            try await withTemporaryDirectory { tools in
                try await withSite(.sqlite) { site in
                    let trace = tools.path("trace")
                    let process = try await site.serve([
                        "LD_PRELOAD": try await Shim.fileTrace.compile(into: tools.url.path), "TRACE_FILE": trace,
                        "TRACE_ROOT": site.place.directory.url.path, "MILLRACE_HEARTBEAT_MS": "600000",
                        "MILLRACE_WORKER_DEAD_MS": "2400000",
                    ])
                    try await Self.waitUntilQuiet(trace)
                    // Some 80 pieces of 250 rows, and as many of their names and keys.
                    let archive = try ConfArchive.apps(20, stanzas: 1000, label: "pieces").bytes
                    let syncs = try await Self.syncs(trace) {
                        let upload = try await process.api.upload(archive)
                        try await waitForProgress("the run is complete", within: .seconds(60)) {
                            try await process.api.run(upload.run)["status"]?.string == "complete"
                        }
                    }
                    print("syncs of an ingestion: \(syncs)")
                    #expect(syncs <= 40)
                    #expect(try await process.terminate() == .code(0))
                }
            }
        }

        /// Eight clients at once.
        private static func submitAtOnce(_ count: Int, _ port: Int) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let api = MillraceAPI(port: port)
                        for _ in 0..<(count / 8) { _ = try await api.submit("demo.noop") }
                    }
                }
                try await group.waitForAll()
            }
        }

        /// How often the log was synced while `body` ran.
        private static func syncs(_ trace: String, _ body: () async throws -> Void) async throws -> Int {
            let before = try FileTrace(path: trace).syncs(ofFilesEnding: "-wal")
            try await body()
            return try FileTrace(path: trace).syncs(ofFilesEnding: "-wal") - before
        }

        /// The work of the start is done.
        private static func waitUntilQuiet(_ trace: String) async throws {
            var last = -1
            try await waitForProgress("the log is at rest") {
                defer { last = (try? FileTrace(path: trace).syncs(ofFilesEnding: "-wal")) ?? -1 }
                try await Task.sleep(for: .milliseconds(300))
                return try FileTrace(path: trace).syncs(ofFilesEnding: "-wal") == last
            }
        }
    }
}

import Foundation
import JSONText
import Storage
import TestSupport
import Testing

extension EndToEnd {
    @Suite("SIGKILL in the middle of a bulk operation", .timeLimit(.minutes(5)))
    struct BulkKillTests {
        private static let count = 30_000

        @Test("it goes on where it was, and every task is changed and counted once", arguments: DatabaseKind.available)
        func resumes(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                var process = try await site.serve(Self.settings)
                try await process.api.expect(200, .post("/v1/queues/default/pause"))
                var tasks: Set<Int64> = []
                for _ in 0..<Self.count / 10_000 {
                    tasks.formUnion(try await process.api.submitBatch(Array(repeating: #"{"type": "demo.noop"}"#, count: 10_000)))
                }
                // Each raises the version of every task by one.
                for (path, filter, state, version) in [
                    ("cancel", #"{"queue": "default"}"#, "cancelled", Int64(2)),
                    ("retry", #"{"queue": "default", "state": "cancelled"}"#, "queued", 3),
                ] {
                    let operation = try await Self.start(path, filter, process.api)
                    for _ in 0..<2 {
                        guard try await Self.waitForMiddle(of: operation, process.api) else { break }
                        try await process.killHard()
                        process = try await site.serve(Self.settings)
                    }
                    try await process.api.waitForTask(operation, "succeeded", within: .seconds(60))
                    let ended = try await process.api.task(operation)
                    #expect(ended["result"]?.rawText == #"{"changed":\#(Self.count),"matched":\#(Self.count),"skipped":{}}"#)
                    #expect(ended["progress"]?["message"]?.string == "\(Self.count) of \(Self.count)")
                    #expect(try await site.record(of: operation).outcomes.contains("lost"), "it was killed in the middle")
                    #expect(try await site.states(of: tasks) == [state: Self.count])
                    #expect(try await Self.versions(of: "demo.noop", site) == [version])
                }
                #expect(try await process.terminate() == .code(0))
            }
        }

        private static let settings = ["LOG_LEVEL": "warning", "MILLRACE_RETRY_BASE_MS": "0", "MILLRACE_RETRY_CAP_MS": "0"]

        private static func start(_ action: String, _ filter: String, _ api: MillraceAPI) async throws -> Int64 {
            let answer = try await api.expect(202, .post("/v1/tasks/\(action)", json: filter))
            guard let id = try answer.json()["id"]?.int64 else { throw HarnessError("no operation: \(answer.text)") }
            return id
        }

        /// False when it has ended before it was seen in the middle.
        private static func waitForMiddle(of operation: Int64, _ api: MillraceAPI) async throws -> Bool {
            let before = try await matched(operation, api)
            while true {
                let now = try await matched(operation, api)
                if now >= count { return false }
                if now > before { return true }
                if try await api.state(operation) == "succeeded" { return false }
            }
        }

        /// How many tasks it has looked at.
        private static func matched(_ operation: Int64, _ api: MillraceAPI) async throws -> Int64 {
            try await api.task(operation)["metadata"]?["matched"]?.int64 ?? 0
        }

        private static func versions(of type: String, _ site: MillraceSite) async throws -> Set<Int64> {
            try await site.look { database in
                try await database.read { connection in
                    Set(try connection.rows("SELECT DISTINCT version FROM tasks WHERE type = \(type)") { $0.int(0) })
                }
            }
        }
    }
}

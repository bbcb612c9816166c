import Foundation
import JSONText
import Storage
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Retention", .timeLimit(.minutes(3)))
    struct RetentionTests {
        @Test("what ended long ago goes with all that is its own, and everything else stays", arguments: DatabaseKind.available)
        func goes(kind: DatabaseKind) async throws {
            let (archive, _) = try ConfArchive.apps(2, stanzas: 5)
            try await withSite(kind) { site in
                let first = try await site.serve(Self.atOnce)
                let old = try await Self.makeHistory(first.api, archive)
                #expect(try await first.terminate() == .code(0))
                try await Self.age(site)
                for table in Self.tables { #expect(try await Self.rows(table, about: old.gone, site) > 0, "\(table.name)") }
                let stray = try Self.leaveStray(site)

                let second = try await site.serve(Self.atOnce.merging(Self.short) { $1 })
                let api = second.api
                let young = try await api.submit("demo.echo", #"{"text": "young"}"#)
                let running = try await api.submit("demo.sleep", #"{"ms": 600000}"#)
                try await api.waitForTask(young, "succeeded")
                try await waitForProgress("the old tasks are gone", within: .seconds(40)) {
                    try await api.connection.send(.get("/v1/tasks/\(old.gone[old.gone.count - 1])")).status == 404
                }
                for task in old.gone { try await api.expect(404, .get("/v1/tasks/\(task)")) }
                for table in Self.tables { #expect(try await Self.rows(table, about: old.gone, site) == 0, "\(table.name)") }
                #expect(try await api.state(old.failed) == "failed")
                #expect(try await api.state(young) == "succeeded")
                #expect(try await api.state(running) == "running")
                #expect(try await api.run(old.upload.run)["status"]?.string == "complete")
                try await waitForProgress("the stray file is gone") { !FileManager.default.fileExists(atPath: stray) }
                #expect(try site.storedBytes() == archive.count)
                try await api.expect(204, HTTPRequest(method: "DELETE", path: "/v1/uploads/\(old.upload.id)"))
                try await waitForProgress("the upload's file is gone") { try site.storedBytes() == 0 }
            }
        }

        private static let atOnce = ["MILLRACE_RETRY_BASE_MS": "0", "MILLRACE_RETRY_CAP_MS": "0", "MILLRACE_GRACE_MS": "0"]
        private static let short = [
            "MILLRACE_RETENTION_SUCCEEDED": "1m", "MILLRACE_RETENTION_CANCELLED": "1m", "MILLRACE_RESULT_TTL": "1m",
        ]
        private static let tables: [(name: String, count: SQL)] = [
            ("tasks", "SELECT COUNT(*) FROM tasks WHERE id"), ("task_payloads", "SELECT COUNT(*) FROM task_payloads WHERE task_id"),
            ("task_results", "SELECT COUNT(*) FROM task_results WHERE task_id"),
            ("attempts", "SELECT COUNT(*) FROM attempts WHERE task_id"),
            ("task_progress", "SELECT COUNT(*) FROM task_progress WHERE task_id"),
            ("task_logs", "SELECT COUNT(*) FROM task_logs WHERE task_id"),
            ("task_labels", "SELECT COUNT(*) FROM task_labels WHERE task_id"),
            ("unique_keys", "SELECT COUNT(*) FROM unique_keys WHERE task_id"),
        ]

        private struct History {
            /// Ascending.
            var gone: [Int64]
            var failed: Int64
            var upload: MillraceAPI.Upload
        }

        /// One of each kind, between them with everything that a task can have.
        private static func makeHistory(_ api: MillraceAPI, _ archive: [UInt8]) async throws -> History {
            let upload = try await api.upload(archive)
            try await api.waitForRun(upload.run)
            let labelled = #""tags": ["nightly"], "metadata": {"team": "core"}, "unique_key": "nightly""#
            let full = try await api.submit("demo.echo", #"{"text": "old"}"#, options: labelled)
            let retried = try await api.submit("demo.fail", #"{"message": "twice", "times": 2}"#)
            let failed = try await api.submit("demo.fail", #"{"message": "for good", "permanent": true}"#)
            let later = try await api.submit("demo.noop", options: #""delay_ms": 3600000"#)
            for task in [full, retried] { try await api.waitForTask(task, "succeeded") }
            try await api.waitForTask(failed, "failed")
            // The operation cancels what is delayed; it has progress and lines of its own.
            let answer = try await api.expect(202, .post("/v1/tasks/cancel", json: #"{"state": "scheduled"}"#))
            guard let operation = try answer.json()["id"]?.int64 else { throw HarnessError("no operation: \(answer.text)") }
            try await api.waitForTask(operation, "succeeded")
            try await api.waitForTask(later, "cancelled")
            return History(gone: [upload.task, full, retried, later, operation], failed: failed, upload: upload)
        }

        /// Makes everything that has ended three minutes older: the shortest retention is one.
        private static func age(_ site: MillraceSite) async throws {
            try await site.look { database in
                try await database.write { connection in
                    _ = try connection.execute(
                        "UPDATE tasks SET created_at = created_at - 180000000, finished_at = finished_at - 180000000 WHERE finished_at IS NOT NULL"
                    )
                    _ = try connection.execute("UPDATE task_results SET created_at = created_at - 180000000")
                }
            }
        }

        private static func rows(_ table: (name: String, count: SQL), about tasks: [Int64], _ site: MillraceSite) async throws -> Int64 {
            try await site.look { database in
                try await database.read { connection in
                    try tasks.reduce(0) { sum, task in
                        sum + (try connection.row("\(fragment: table.count) = \(task)") { $0.int(0) } ?? 0)
                    }
                }
            }
        }

        /// A file beside the upload's that no row names, as a process leaves it that dies at the wrong moment.
        private static func leaveStray(_ site: MillraceSite) throws -> String {
            let files = FileManager.default.enumerator(atPath: site.dataDirectory)?.compactMap { $0 as? String } ?? []
            guard let blob = files.map({ $0.split(separator: "/") }).first(where: { $0.last?.utf8.count == 64 }) else {
                throw HarnessError("no stored file among \(files)")
            }
            let directory = site.dataDirectory + "/" + blob.dropLast().joined(separator: "/")
            let path = directory + "/" + blob[blob.count - 2] + String(repeating: "0", count: 62)
            try Data("left over".utf8).write(to: URL(fileURLWithPath: path))
            return path
        }
    }
}

import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing
import Workloads

@Suite("A reading that is interrupted", .timeLimit(.minutes(5)))
struct ResumeTests {
    @Test(
        "at any of its writes comes to the same result at the second attempt, which goes on where the first was",
        arguments: DatabaseKind.available, PausingDatabase.Failure.allCases)
    func everyWrite(kind: DatabaseKind, failure: PausingDatabase.Failure) async throws {
        try await IngestionHarness.with(kind) { harness in
            try await harness.withEngine {
                let bytes = ManyMembers.tar.bytes
                let undisturbed = try await harness.result(of: harness.ingest(bytes))
                #expect(undisturbed.contains("stanza_count \(ManyMembers.stanzas)"))
                #expect(undisturbed.contains("file_count \(ManyMembers.files)"))
                var members: Set<Int> = []
                for write in 1... {
                    harness.database.fail(bulkWrite: write, failure)
                    let run = try await harness.ingest(bytes)
                    guard !harness.database.isPending else { break }
                    #expect(try await harness.result(of: run) == undisturbed, "write \(write)")
                    members.formUnion(try await harness.resumptions(of: harness.task(of: run)))
                }
                harness.database.forget()
                #expect(members.count >= 3, "it went on only behind \(members)")
                // Nothing is left of a first attempt either.
                try await harness.workload.sweeper.removeMarked()
                let runs = try await harness.database.count("SELECT COUNT(*) FROM runs")
                #expect(try await harness.database.count("SELECT COUNT(*) FROM stanzas") == runs * ManyMembers.stanzas)
                #expect(try await harness.database.count("SELECT COUNT(*) FROM run_files") == runs * ManyMembers.files)
                #expect(try await harness.database.count("SELECT COUNT(*) FROM file_keys") == runs * 3 * ManyMembers.files)
            }
        }
    }

    @Test("by a shutdown goes on in the next process", arguments: DatabaseKind.available)
    func shutdown(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            let undisturbed = try await harness.withEngine { try await harness.result(of: harness.ingest(ManyMembers.tar.bytes)) }
            let run = try await harness.withEngine { try await Self.uploadAndPause(harness) }
            #expect(try await harness.get("/v1/runs/\(run)").json["status"]?.string == "stored")
            // The sweep leaves alone what an attempt to come goes on with.
            try await harness.workload.sweeper.removeMarked()
            let task = try await harness.task(of: run)
            try await harness.withEngine { try await harness.wait(for: task, .succeeded) }
            #expect(try await harness.result(of: run) == undisturbed)
            #expect(try await harness.resumptions(of: task).count == 1)
        }
    }

    @Test("by a new version of the program begins afresh", arguments: DatabaseKind.available)
    func newVersion(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await withTemporaryDirectory { directory in
                let old = try await IngestionHarness(database, directory, version: "1")
                let run = try await old.withEngine { try await Self.uploadAndPause(old) }
                let new = try await IngestionHarness(database, directory, version: "2")
                let task = try await new.task(of: run)
                try await new.withEngine { try await new.wait(for: task, .succeeded) }
                #expect(try await new.get("/v1/runs/\(run)").json["stanza_count"]?.int64 == Int64(ManyMembers.stanzas))
                #expect(try await new.resumptions(of: task).isEmpty)
                try await new.workload.sweeper.removeMarked()
                #expect(try await database.count("SELECT COUNT(*) FROM stanzas") == ManyMembers.stanzas)
            }
        }
    }

    @Test("and only seems dead writes nothing once another attempt goes on with its rows", arguments: DatabaseKind.available)
    func seemsDead(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await withTemporaryDirectory { directory in
                let first = try await IngestionHarness(database, directory)
                let second = try await IngestionHarness(database, directory)
                let run = try await first.withEngine {
                    let run = try await Self.uploadAndPause(first)
                    let task = try await first.task(of: run)
                    // As an observer does who takes the first one's process for dead.
                    let worker = try await database.task(task).worker ?? 0
                    _ = try await database.write { try Rescue.rescue(worker: worker, beat: nil, now: 1, on: $0) }
                    try await second.withEngine { try await second.wait(for: task, .succeeded) }
                    return run
                }
                // The first one's write has come through by now, and was refused.
                let undisturbed = try await second.withEngine { try await second.result(of: second.ingest(ManyMembers.tar.bytes)) }
                #expect(try await second.result(of: run) == undisturbed)
                #expect(try await second.resumptions(of: second.task(of: run)).count == 1)
                try await second.workload.sweeper.removeMarked()
                #expect(try await database.count("SELECT COUNT(*) FROM stanzas") == 2 * ManyMembers.stanzas)
            }
        }
    }

    @Test("by a cancel leaves nothing", arguments: DatabaseKind.available)
    func cancelled(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            try await harness.withEngine {
                let run = try await Self.uploadAndPause(harness)
                let task = try await harness.task(of: run)
                #expect(try await harness.send(.post, "/v1/runs/\(run)/cancel").status < 300)
                harness.database.resume()
                try await harness.wait(for: task, .cancelled)
                try await harness.workload.sweeper.removeMarked()
                #expect(try await harness.resultRows() == 0)
                #expect(try await harness.get("/v1/runs/\(run)").json["status"]?.string == "cancelled")
            }
        }
    }

    @Test("and read again on request begins afresh", arguments: DatabaseKind.available)
    func parsedAgain(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            try await harness.withEngine {
                let run = try await harness.ingest(ManyMembers.tar.bytes)
                let first = try await harness.result(of: run)
                let answer = try await harness.send(.post, "/v1/runs/\(run)/parse")
                let task = try #require(answer.json["task_id"]?.int64)
                try await harness.wait(for: task, .succeeded)
                #expect(try await harness.result(of: run) == first)
                #expect(try await harness.resumptions(of: task).isEmpty)
                try await harness.workload.sweeper.removeMarked()
                #expect(try await harness.database.count("SELECT COUNT(*) FROM stanzas") == ManyMembers.stanzas)
            }
        }
    }

    /// Uploads the archive and returns its run when some of it is stored and the next write waits.
    private static func uploadAndPause(_ harness: IngestionHarness) async throws -> Int64 {
        let pauses = harness.database.paused.values.count
        harness.database.pause(atBulkWrite: 5)
        let answer = try await harness.upload(ManyMembers.tar.bytes)
        try await harness.database.paused.wait(for: pauses + 1)
        return try #require(answer.json["run_id"]?.int64)
    }
}

import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing
import Workloads

@Suite("Runs whose tasks have been pruned", .timeLimit(.minutes(5)))
struct PrunedTaskTests {
    /// Nobody has swept since the task ended: the process was off for weeks.
    @Test("keep how they ended, also when nobody had copied it before", arguments: DatabaseKind.available)
    func settled(_ kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { harness in
            var runs: [Int64] = []
            for _ in 0..<2 {
                let answer = try await harness.upload(Array("[a]\nb = 1\n".utf8), "inputs.conf", type: "single_conf")
                runs.append(try #require(answer.json["run_id"]?.int64))
            }
            let database = harness.database
            let worker = try await database.insertWorker()
            let now = harness.service.now()
            let tasks = try await database.claim(2, queue: "ingest", worker: worker, now: now)
            try await database.write { connection in
                let error = TaskError(code: "unreadable_archive", message: "it was cut short")
                _ = try EndAttempts.end(
                    [
                        .init(task: tasks[0], next: .fail, outcome: .failed, error: error),
                        .init(task: tasks[1], next: .cancel, outcome: .cancelled, error: nil),
                    ], now: now, on: connection)
            }
            let pruner = Pruner(
                database: database, retention: Retention(), preparations: harness.workload.prunePreparations,
                clock: EngineClock(now: { now + 30 * 86_400_000_000 }), logger: .silent)
            var walk = Pruner.Walk()
            #expect(try await pruner.pass(&walk).tasks == 2)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 0)
            let failed = try await harness.get("/v1/runs/\(runs[0])").json
            #expect(failed["status"]?.string == "failed")
            #expect(failed["error"]?["code"]?.string == "unreadable_archive")
            #expect(failed["finished_at"]?.string != nil)
            #expect(try await harness.get("/v1/runs/\(runs[1])").json["status"]?.string == "cancelled")
        }
    }
}

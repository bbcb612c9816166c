import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Recording artifacts", .timeLimit(.minutes(2)))
struct StoreArtifactTests {
    private func withClaimed(_ kind: DatabaseKind, _ count: Int, _ body: (ArtifactHarness, [ClaimedTask]) async throws -> Void) async throws
    {
        try await ArtifactHarness.with(kind) { harness in
            try await harness.database.insertQueue()
            let worker = try await harness.database.insertWorker()
            _ = try await harness.database.submit((0..<count).map { _ in .sample() }, now: 5)
            try await body(harness, try await harness.database.claim(count, worker: worker, now: 10))
        }
    }

    @Test("an attempt that is over stores nothing, and its file goes", arguments: DatabaseKind.available)
    func stale(kind: DatabaseKind) async throws {
        try await withClaimed(kind, 3) { harness, tasks in
            _ = try await harness.database.complete([tasks[0]], now: 20)
            _ = try await harness.database.end(tasks[1], .release(at: 20), outcome: .interrupted, now: 20)
            var otherClaim = tasks[2]
            otherClaim.claim -= 1
            for task in [tasks[0], tasks[1], otherClaim] { #expect(try await harness.write("a", "bytes", task) == .stale) }
            #expect(try await harness.database.count("SELECT COUNT(*) FROM artifacts") == 0)
            try await harness.blobs.sweep(.routine, now: 20)
            #expect(try harness.files() == (0, 0))
            #expect(try await harness.write("a", "bytes", tasks[2]) == .stored)
        }
    }

    @Test("the same bytes are stored once, and go with the last artifact that names them", arguments: DatabaseKind.available)
    func pruned(kind: DatabaseKind) async throws {
        try await withClaimed(kind, 2) { harness, tasks in
            for name in ["a", "b"] { #expect(try await harness.write(name, "same", tasks[0]) == .stored) }
            #expect(try await harness.write("a", "same", tasks[0]) == .stored)
            #expect(try await harness.write("a", "same", tasks[1]) == .stored)
            #expect(try await harness.references() == [3])
            #expect(try await Doctor(database: harness.database, now: { 30 }, pause: {}).examine().isClean)
            _ = try await harness.database.complete(tasks, now: 20)
            for (task, left) in [(tasks[0], [Int64(1)]), (tasks[1], [])] {
                let result = try await harness.database.write { connection in
                    try PruneTasks.prune(
                        [task.id], PruneTasks.Cutoffs(Retention(), now: 100_000_000_000), now: 100_000_000_000, on: connection)
                }
                #expect(result == PruneTasks.Result(deleted: 1))
                #expect(try await harness.references() == left)
                try await harness.blobs.removeMarked()
                #expect(try harness.files().stored == left.count)
            }
            #expect(try await harness.database.count("SELECT COUNT(*) FROM artifacts") == 0)
        }
    }

    @Test("many artifacts go in pieces, before their task", arguments: DatabaseKind.available)
    func pieces(kind: DatabaseKind) async throws {
        try await withClaimed(kind, 1) { harness, tasks in
            #expect(try await harness.write("a", "same", tasks[0]) == .stored)
            let id = tasks[0].id
            try await harness.database.write { connection in
                for number in 1...300 {
                    try connection.execute(
                        """
                        INSERT INTO artifacts (scope, name, tenant, task_id, sha256, size, content_type, created_at)
                        SELECT scope, \("n\(number)"), tenant, task_id, sha256, size, content_type, created_at FROM artifacts
                        WHERE scope = \(id) AND name = 'a'
                        """)
                }
                try connection.execute("UPDATE blobs SET refs = 301")
            }
            _ = try await harness.database.complete(tasks, now: 20)
            var results: [PruneTasks.Result] = []
            while results.last?.deleted != 1, results.count < 5 {
                results.append(
                    try await harness.database.write { connection in
                        try PruneTasks.prune(
                            [id], PruneTasks.Cutoffs(Retention(), now: 100_000_000_000), now: 100_000_000_000, on: connection)
                    })
            }
            #expect(results == [PruneTasks.Result(isCutShort: true), PruneTasks.Result(deleted: 1)])
            #expect(try await harness.references() == [])
        }
    }

    @Test("the doctor finds an artifact without a file, and one without a task", arguments: DatabaseKind.available)
    func doctor(kind: DatabaseKind) async throws {
        try await withClaimed(kind, 1) { harness, tasks in
            #expect(try await harness.write("a", "bytes", tasks[0]) == .stored)
            let doctor = Doctor(database: harness.database, now: { 30 }, pause: {})
            #expect(try await doctor.examine().isClean)
            try await harness.database.write { _ = try $0.execute("UPDATE blobs SET state = 'deleting', refs = 0") }
            #expect(try await doctor.examine().findings.map(\.code) == [.referencesDisagree])
            try await harness.database.write { _ = try $0.execute("UPDATE blobs SET state = 'live', refs = 1") }
            try await harness.database.write { _ = try $0.execute("UPDATE artifacts SET scope = 999999") }
            #expect(try await doctor.examine().findings.map(\.code) == [.orphan])
        }
    }
}

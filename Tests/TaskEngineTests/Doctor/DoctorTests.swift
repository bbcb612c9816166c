import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Doctor", .timeLimit(.minutes(5)))
struct DoctorTests {
    /// A way to break a database, and what the doctor says of it.
    struct Damage: Sendable, CustomTestStringConvertible {
        let code: Finding.Code
        let testDescription: String
        let inflict: @Sendable (_ task: Int64, any Connection) throws -> Void

        init(_ code: Finding.Code, _ description: String, _ inflict: @escaping @Sendable (Int64, any Connection) throws -> Void) {
            self.code = code
            testDescription = description
            self.inflict = inflict
        }
    }

    static let damages: [Damage] = [
        Damage(.unknownQueue, "its queue was deleted") { task, connection in
            try connection.execute("UPDATE tasks SET queue = 'gone' WHERE id = \(task)")
        },
        Damage(.waitingWithoutParents, "it waits for nobody") { task, connection in
            try connection.execute("UPDATE tasks SET state = 'waiting' WHERE id = \(task)")
        },
        Damage(.overdue, "it is scheduled for long ago") { task, connection in
            try connection.execute("UPDATE tasks SET state = 'scheduled', ready_at = 1 WHERE id = \(task)")
        },
        Damage(.workerGone, "it runs under a worker that was deleted") { task, connection in
            try connection.execute(
                "UPDATE tasks SET state = 'running', worker = 999, started_at = 5, claim = 1, attempt = 1 WHERE id = \(task)")
        },
        Damage(.countersDisagree, "it has more attempts than claims") { task, connection in
            try connection.execute("UPDATE tasks SET attempt = 3 WHERE id = \(task)")
        },
        Damage(.countersDisagree, "it was lost too often to be queued again") { task, connection in
            try connection.execute("UPDATE tasks SET attempt = 3, claim = 3, lost = 3 WHERE id = \(task)")
        },
        Damage(.countersDisagree, "it succeeded and was never claimed") { task, connection in
            try connection.execute("UPDATE tasks SET state = 'succeeded', finished_at = 9 WHERE id = \(task)")
        },
        Damage(.historyDisagrees, "its history knows a later claim") { task, connection in
            try insertAttempt(of: task, claim: 7, .failed, connection)
        },
        Damage(.historyDisagrees, "its history knows a success, and it is queued") { task, connection in
            try connection.execute("UPDATE tasks SET attempt = 1, claim = 1 WHERE id = \(task)")
            try insertAttempt(of: task, claim: 1, .succeeded, connection)
        },
        Damage(.historyMissing, "it failed, and no attempt is known") { task, connection in
            try connection.execute("UPDATE tasks SET state = 'failed', finished_at = 9, attempt = 1, claim = 1 WHERE id = \(task)")
        },
        Damage(.uniqueKeyBroken, "it does not hold its key") { task, connection in
            try connection.execute("UPDATE tasks SET unique_key = 'k' WHERE id = \(task)")
        },
        Damage(.orphan, "a result belongs to no task") { task, connection in
            try connection.execute("INSERT INTO task_results (task_id, output, created_at) VALUES (\(task + 1), '1', 0)")
        },
        Damage(.orphan, "an attempt belongs to no task") { task, connection in
            try insertAttempt(of: task + 1, claim: 1, .failed, connection)
        },
    ]

    @Test("what is broken is found by its code", arguments: damages, DatabaseKind.available)
    func finds(_ damage: Damage, _ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let healthy = try await database.submit(.sample(), now: 5)
            let task = try await database.submit(.sample(), now: 5)
            // Somebody must be alive, or nothing moves and nothing is late.
            _ = try await database.write { try WorkerLease.beat(worker, now: 1_000_000_000, on: $0) }
            try await database.write { try damage.inflict(task, $0) }
            let report = try await Doctor(database: database, now: { 1_000_000_000 }, pause: {}).examine()
            #expect(report.findings.map(\.code) == [damage.code])
            #expect(report.findings.allSatisfy { $0.task >= task && !$0.detail.isEmpty && !$0.repair.isEmpty })
            #expect(report.tasks == 2 && healthy < task)
        }
    }

    @Test("a database in every state that work can be in is clean", arguments: DatabaseKind.available)
    func clean(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await database.submit((0..<8).map { _ in .sample(maxRetries: 0) } + [.sample(runAt: 900)], now: 5)
            let claimed = try await database.claim(6, worker: worker, now: 10)
            _ = try await database.complete([claimed[0]], output: "1", now: 20)
            _ = try await database.end(claimed[1], .fail, error: TaskError(code: "e", message: "m"), now: 20)
            _ = try await database.end(claimed[2], .retry(at: 500), now: 20)
            _ = try await database.end(claimed[3], .release(at: 20), outcome: .interrupted, now: 20)
            _ = try await database.cancel(claimed[4].id, now: 20)
            _ = try await database.redrive(claimed[1].id, now: 30)
            let report = try await Doctor(database: database, now: { 1000 }, pause: {}).examine()
            #expect(report.isClean && report.tasks == 9)
        }
    }

    @Test("what is wrong at the first look only is not told", arguments: DatabaseKind.available)
    func mended(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let task = try await database.submit(.sample(), now: 5)
            try await database.write { _ = try $0.execute("UPDATE tasks SET queue = 'gone' WHERE id = \(task)") }
            let doctor = Doctor(
                database: database, now: { 1000 },
                pause: { try await database.write { _ = try $0.execute("UPDATE tasks SET queue = 'default' WHERE id = \(task)") } })
            #expect(try await doctor.examine().isClean)
        }
    }

    @Test("without a live process nothing is late", arguments: DatabaseKind.available)
    func nobodyLives(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            try await database.write { try WorkerLease.stop(task.worker, now: 20, on: $0) }
            #expect(try await Doctor(database: database, now: { 1_000_000_000 }, pause: {}).examine().isClean)
        }
    }

    @Test("every slice is looked at", arguments: DatabaseKind.available)
    func slices(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let count = Doctor.slice + 50
            var ids: [Int64] = []
            for _ in 0..<5 { ids += try await database.submit((0..<count / 5).map { _ in .sample() }, now: 5) }
            let (first, last) = (ids[0], try #require(ids.last))
            try await database.write { _ = try $0.execute("UPDATE tasks SET queue = 'gone' WHERE id IN (\(first), \(last))") }
            let report = try await Doctor(database: database, now: { 1000 }, pause: {}).examine()
            #expect(report.findings.map(\.task) == [first, last])
            #expect(report.tasks == ids.count)
        }
    }

    private static func insertAttempt(of task: Int64, claim: Int64, _ outcome: AttemptOutcome, _ connection: any Connection) throws {
        try connection.execute(
            """
            INSERT INTO attempts (task_id, claim, attempt, worker, started_at, finished_at, outcome)
            VALUES (\(task), \(claim), 1, 1, 1, 2, \(outcome.rawValue))
            """)
    }
}

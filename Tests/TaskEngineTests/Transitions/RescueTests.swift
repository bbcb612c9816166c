import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Rescue", .timeLimit(.minutes(5)))
struct RescueTests {
    @Test("a dead worker's tasks are ready again with their age, and the attempt counts as lost", arguments: DatabaseKind.available)
    func requeued(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            let other = try await database.insertWorker("other")
            let kept = try await database.submit(.sample(), now: 6)
            _ = try await database.claim(worker: other, now: 11)
            let changes = try await database.rescue(task.worker, beat: 1, now: 50)
            #expect(changes == [TaskChange(tenant: "acme", id: task.id, version: 3, state: .queued, type: "test.sample", queue: "default")])
            let stored = try await database.task(task.id)
            #expect(stored.state == .queued && stored.worker == nil && stored.readyAt == 5 && stored.finishedAt == nil)
            #expect(stored.attempt == 1 && stored.lost == 1 && stored.claim == 1 && stored.errorCode == "worker_lost")
            let attempts = try await database.attempts(of: task.id)
            #expect(attempts.map(\.outcome) == [.lost] && attempts.first?.worker == task.worker)
            #expect(attempts.first?.startedAt == 10 && attempts.first?.finishedAt == 50 && attempts.first?.errorCode == "worker_lost")
            #expect(try await database.task(kept).worker == other)
        }
    }

    @Test("a counter that moved proves life: nothing happens", arguments: DatabaseKind.available)
    func movedBeat(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            let lives = try await database.write { try WorkerLease.beat(task.worker, now: 40, on: $0) }
            #expect(lives)
            #expect(try await database.rescue(task.worker, beat: 1, now: 50) == nil)
            #expect(try await database.task(task.id).state == .running)
            #expect(try await database.write { try Claim.holdWorker(task.worker, on: $0) } == .live)
        }
    }

    @Test("a dead id never lives again: no beat, no claim, no late answer", arguments: DatabaseKind.available)
    func dead(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            _ = try await database.rescue(task.worker, beat: 1, now: 50)
            #expect(try await database.write { try WorkerLease.beat(task.worker, now: 51, on: $0) } == false)
            #expect(try await database.write { try Claim.holdWorker(task.worker, on: $0) } == .gone)
            #expect(try await database.complete([task], output: "1", now: 51) == [])
            #expect(try await database.end(task, .fail, now: 51) == [])
            #expect(try await database.task(task.id).state == .queued)
            #expect(try await database.rescue(task.worker, beat: 1, now: 52) == [])
        }
    }

    @Test("a late answer does not touch the claim that came after the rescue", arguments: DatabaseKind.available)
    func lateAnswer(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            _ = try await database.rescue(task.worker, now: 50)
            let successor = try await database.insertWorker("successor")
            let again = try #require(try await database.claim(worker: successor, now: 60).first)
            #expect(again.id == task.id && again.claim == 2 && again.attempt == 2)
            #expect(try await database.complete([task], output: #""late""#, now: 61) == [])
            #expect(try await database.complete([again], output: #""right""#, now: 62).count == 1)
            #expect(try await database.task(task.id).output == #""right""#)
            #expect(try await database.attempts(of: task.id).map(\.outcome) == [.lost, .succeeded])
        }
    }

    @Test("the third loss fails the task, whatever retries are left", arguments: DatabaseKind.available)
    func thirdLoss(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            let id = try await database.submit(.sample(maxRetries: 100))
            var states: [TaskState] = []
            for loss: Int64 in 1...3 {
                let worker = try await database.insertWorker("w\(loss)")
                _ = try await database.claim(worker: worker, now: loss)
                states += try await database.rescue(worker, now: loss * 10)?.map(\.state) ?? []
            }
            #expect(states == [.queued, .queued, .failed])
            let stored = try await database.task(id)
            #expect(stored.finishedAt == 30 && stored.errorCode == "worker_lost" && stored.lost == 3 && stored.worker == nil)
            #expect(try await database.attempts(of: id).map(\.outcome) == [.lost, .lost, .lost])
            // An operator may try again, with three losses anew.
            _ = try await database.redrive(id, now: 40)
            let worker = try await database.insertWorker("w4")
            _ = try await database.claim(worker: worker, now: 41)
            #expect(try await database.rescue(worker, now: 42)?.map(\.state) == [.queued])
        }
    }

    @Test("a task that was to be cancelled is cancelled", arguments: DatabaseKind.available)
    func cancelRequested(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            _ = try await database.cancel(task.id, now: 20)
            #expect(try await database.rescue(task.worker, now: 50)?.map(\.state) == [.cancelled])
            let stored = try await database.task(task.id)
            #expect(stored.finishedAt == 50 && stored.worker == nil)
        }
    }

    @Test("a rescue goes on in pieces until nothing is left", arguments: DatabaseKind.available)
    func pieces(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let count = Rescue.largestBatch + 20
            _ = try await database.submit((0..<count).map { _ in .sample() })
            #expect(try await database.claim(count, worker: worker).count == count)
            #expect(try await database.rescue(worker, now: 50)?.count == Rescue.largestBatch)
            // The rescuer dies here; whoever looks next finds the rest.
            #expect(try await database.read { try Rescue.unfinished(on: $0) } == [worker])
            #expect(try await database.rescue(worker, beat: 77, now: 51)?.count == 20)
            #expect(try await database.rescue(worker, now: 52) == [])
            #expect(try await database.read { try Rescue.unfinished(on: $0) } == [])
            #expect(try await database.count("SELECT COUNT(*) FROM attempts WHERE outcome = 'lost'") == count)
        }
    }

    @Test("only workers that have ended and still hold tasks are unfinished", arguments: DatabaseKind.available)
    func unfinished(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            let workers = try await withoutGaps(5) { try await database.insertWorker("w\($0)") }
            _ = try await database.submit((0..<8).map { _ in .sample() })
            for worker in workers.prefix(4) { _ = try await database.claim(2, worker: worker) }
            #expect(try await database.read { try Rescue.unfinished(on: $0) } == [])
            try await database.write { connection in
                try WorkerLease.drain(workers[0], on: connection)
                try WorkerLease.stop(workers[1], now: 1, on: connection)
                try connection.execute("UPDATE workers SET state = 'dead' WHERE id = \(workers[2])")
                try WorkerLease.stop(workers[4], now: 1, on: connection)
            }
            #expect(Set(try await database.read { try Rescue.unfinished(on: $0) }) == [workers[1], workers[2]])
            #expect(try await database.rescue(workers[1], now: 5)?.count == 2)
            #expect(try await database.rescue(workers[2], now: 5)?.count == 2)
        }
    }

    @Test("tasks of a worker whose row is gone are found and given back", arguments: DatabaseKind.available)
    func missingRow(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            try await database.write { _ = try $0.execute("DELETE FROM workers WHERE id = \(task.worker)") }
            #expect(try await database.read { try Rescue.unfinished(on: $0) } == [task.worker])
            #expect(try await database.rescue(task.worker, now: 50)?.map(\.id) == [task.id])
            #expect(try await database.read { try Rescue.unfinished(on: $0) } == [])
        }
    }

    @Test("a claim that holds its worker is rescued after it, never lost", arguments: DatabaseKind.available)
    func claimBeforeRescue(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let id = try await database.submit(.sample())
            let held = TestSignal<Void>()
            let gate = TestGate()
            async let claiming = database.write { connection in
                let mayClaim = try Claim.holdWorker(worker, on: connection) == .live
                held.send()
                try gate.pass()
                return mayClaim ? try Claim.claim(.init(queue: "default", slots: 1), worker: worker, now: 10, on: connection) : []
            }
            try await held.wait()
            let ended = TestSignal<Void>()
            async let rescuing = {
                defer { ended.send() }
                return try await database.rescue(worker, beat: 1, now: 20)
            }()
            // SQLite has one writer; on PostgreSQL the rescue must now be waiting for the worker's row.
            if kind == .postgres { try await rowIsAwaited(database, unless: ended) }
            gate.open()
            let claimed = try await claiming
            #expect(claimed.map(\.id) == [id])
            #expect(try await rescuing?.map(\.id) == [id])
            #expect(try await database.task(id).state == .queued)
        }
    }

    /// Asks the server until somebody waits for a row of `workers`. It sends no signal for that.
    private func rowIsAwaited(_ database: any Database, unless ended: TestSignal<Void>) async throws {
        for _ in 0..<20_000 where ended.values.isEmpty {
            // Who waits for a row holds a lock on its tuple; who has it does not.
            let waiting = try await database.count(
                "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'tuple' AND relation = CAST('workers' AS regclass)")
            if waiting > 0 { return }
        }
        throw FixtureError("the rescue did not wait for the worker's row")
    }

    private func withoutGaps(_ count: Int, _ make: (Int) async throws -> Int64) async throws -> [Int64] {
        var ids: [Int64] = []
        for index in 0..<count { ids.append(try await make(index)) }
        return ids
    }
}

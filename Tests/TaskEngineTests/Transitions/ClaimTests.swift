import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Claim", .timeLimit(.minutes(5)))
struct ClaimTests {
    @Test("a claimed task is running under its worker with all that a handler needs", arguments: DatabaseKind.available)
    func claimed(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            var new = NewTask.sample(type: "a.b", priority: 3, input: #"{"n": 1}"#, maxRetries: 2)
            new.softMilliseconds = 10
            new.timeoutMilliseconds = 20
            let id = try await database.submit(new, now: 5)
            let tasks = try await database.claim(worker: worker, now: 7)
            let claimed = try #require(tasks.first)
            #expect(tasks.count == 1)
            #expect(claimed.id == id && claimed.tenant == "acme" && claimed.type == "a.b" && claimed.queue == "default")
            #expect(claimed.priority == 3 && claimed.maxRetries == 2 && claimed.softMilliseconds == 10 && claimed.timeoutMilliseconds == 20)
            #expect(claimed.claim == 1 && claimed.attempt == 1 && claimed.attemptBase == 0 && claimed.worker == worker)
            #expect(claimed.readyAt == 5 && claimed.createdAt == 5 && claimed.startedAt == 7 && claimed.input == #"{"n": 1}"#)
            let stored = try await database.task(id)
            #expect(stored.state == .running && stored.worker == worker && stored.startedAt == 7 && stored.finishedAt == nil)
            #expect(stored.claim == 1 && stored.attempt == 1 && stored.version == 2 && stored.readyAt == 5)
        }
    }

    @Test("a task without a payload has the input {} and no limits of its own", arguments: DatabaseKind.available)
    func defaultInput(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { _, task in
            #expect(task.input == "{}" && task.softMilliseconds == nil && task.timeoutMilliseconds == nil)
        }
    }

    @Test("a tenant's tasks come by priority, then oldest first", arguments: DatabaseKind.available)
    func order(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            var expected: [(priority: Int, ready: Int64, id: Int64)] = []
            for (priority, ready) in [(5, 30), (9, 10), (0, 40), (5, 20), (0, 50), (5, 20)] as [(Int, Int64)] {
                expected.append((priority, ready, try await database.submit(.sample(priority: priority), now: ready)))
            }
            expected.sort { $0 < $1 }
            let batch = try await database.claim(4, worker: worker).map(\.id)
            #expect(batch == expected.prefix(4).map(\.id))
            var singles: [Int64] = []
            while let task = try await database.claim(worker: worker).first { singles.append(task.id) }
            #expect(singles == expected.dropFirst(4).map(\.id))
        }
    }

    @Test("never more than the slots asked for", arguments: DatabaseKind.available)
    func slots(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await database.submit((0..<30).map { .sample(tenant: "t\($0 % 3)") })
            for slots in [0, 1, 2, 3, 4, 5, 7] {
                let count = try await database.claim(slots, worker: worker).count
                #expect(count <= slots)
                #expect(count == slots)
            }
            #expect(try await database.claim(100, worker: worker).count == 8)
            #expect(try await database.claim(100, worker: worker).isEmpty)
        }
    }

    @Test("claim number and attempt rise with every claim", arguments: DatabaseKind.available)
    func numbersRise(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let id = try await database.submit(.sample(maxRetries: 9))
            for number: Int64 in 1...4 {
                let task = try #require(try await database.claim(worker: worker, now: number).first)
                #expect(task.id == id && task.claim == number && task.attempt == Int(number))
                _ = try await database.end(task, .retry(at: number), now: number)
            }
        }
    }

    @Test("only queued tasks of the named queue are taken", arguments: DatabaseKind.available)
    func onlyQueued(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            try await database.insertQueue("other")
            _ = try await database.submit(.sample(queue: "other"))
            for state in TaskState.allCases where state != .queued {
                let id = try await database.submit(.sample())
                try await database.force(id, state)
            }
            #expect(try await database.claim(10, worker: worker).isEmpty)
            #expect(try await database.claim(10, queue: "other", worker: worker).count == 1)
        }
    }

    @Test("excluded types and tasks are left for others", arguments: DatabaseKind.available)
    func exclusions(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let ids = try await database.submit([
                .sample(type: "unknown.one"), .sample(type: "known"), .sample(type: "unknown.two"), .sample(type: "known"),
                .sample(type: "known"),
            ])
            let request = Claim.Request(queue: "default", slots: 10, exceptTypes: ["unknown.one", "unknown.two"], exceptTasks: [ids[3]])
            #expect(try await database.claim(request, worker: worker).map(\.id) == [ids[1], ids[4]])
            #expect(try await database.claim(10, worker: worker).map(\.id) == [ids[0], ids[2], ids[3]])
        }
    }

    @Test("claimers at once never take the same task", arguments: DatabaseKind.available)
    func concurrentClaims(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let ids = try await database.submit((0..<400).map { .sample(tenant: "t\($0 % 7)") })
            let taken = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var mine: [Int64] = []
                        for _ in 0..<20 { mine += try await database.claim(9, worker: worker).map(\.id) }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(taken.count == Set(taken).count)
            #expect(Set(taken) == Set(ids))
        }
    }

    @Test("a live worker may claim, a draining one only settle, any other nothing", arguments: DatabaseKind.available)
    func holdWorker(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let live = try await database.insertWorker()
            let draining = try await database.insertWorker()
            let stopped = try await database.insertWorker()
            let dead = try await database.insertWorker()
            try await database.write { connection in
                try WorkerLease.drain(draining, on: connection)
                try WorkerLease.stop(stopped, now: 1, on: connection)
                _ = try Rescue.rescue(worker: dead, beat: nil, now: 1, on: connection)
            }
            let held = try await database.write { connection in
                try [live, draining, stopped, dead, 999_999].map { try Claim.holdWorker($0, on: connection) }
            }
            #expect(held == [.live, .draining, .gone, .gone, .gone])
        }
    }
}

import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Unique keys", .timeLimit(.minutes(5)))
struct UniqueKeyTests {
    @Test("while a task is unfinished its key leads to it, whatever its state", arguments: DatabaseKind.available)
    func held(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let id = try await database.submit(.keyed("k"))
            for state in [TaskState.queued, .running, .scheduled, .waiting] {
                try await database.force(id, state)
                let again = try await database.submitted([.keyed("k")], now: 1000)
                #expect(again.ids == [id] && again.existing == [0] && again.changes.isEmpty)
                #expect(again.tasks.first??.state == state)
            }
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 1)
        }
    }

    @Test("the end of a task frees its key", arguments: DatabaseKind.available)
    func freed(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            var last = try await database.submit(.keyed("k"))
            for state in [TaskState.succeeded, .failed, .cancelled, .skipped] {
                try await database.force(last, state)
                let next = try await database.submitted([.keyed("k")])
                #expect(next.existing.isEmpty && next.ids != [last])
                last = next.ids[0]
                #expect(try await database.submitted([.keyed("k")]).ids == [last])
            }
            #expect(try await database.count("SELECT COUNT(*) FROM unique_keys") == 1)
        }
    }

    @Test("a window holds the key after the end and not longer, also when the task has been deleted", arguments: DatabaseKind.available)
    func window(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let id = try await database.submit(.keyed("k", until: 500), now: 100)
            try await database.force(id, .succeeded)
            #expect(try await database.submitted([.keyed("k")], now: 499).existing == [0])
            try await database.write { _ = try $0.execute("DELETE FROM tasks WHERE id = \(id)") }
            let gone = try await database.submitted([.keyed("k")], now: 499)
            #expect(gone.ids == [id] && gone.existing == [0] && gone.tasks == [nil])
            let next = try await database.submitted([.keyed("k")], now: 500)
            #expect(next.existing.isEmpty)
            // Its own window counts from here, and it has none.
            try await database.force(next.ids[0], .failed)
            #expect(try await database.submitted([.keyed("k")], now: 500).existing.isEmpty)
        }
    }

    @Test("a key belongs to its tenant and type, and is compared byte by byte", arguments: DatabaseKind.available)
    func scope(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            // One é as one scalar and as two; NUL is stored as U+FFFD.
            let submitted = try await database.submitted([
                .keyed("é"), .keyed("e\u{301}"), .keyed("é", tenant: "other"), .keyed("é", type: "other.type"), .keyed("a\0"),
                .keyed("a\u{FFFD}"),
            ])
            #expect(submitted.existing == [5])
            #expect(submitted.ids[5] == submitted.ids[4])
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 5)
        }
    }

    @Test("in a batch the second of two equal keys is the first one's task", arguments: DatabaseKind.available)
    func batch(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let taken = try await database.submit(.keyed("taken"))
            let done = try await database.submit(.keyed("done"))
            try await database.force(done, .succeeded)
            let batch = try await database.submitted([
                .sample(), .keyed("new"), .keyed("taken"), .keyed("new"), .keyed("done"), .keyed("taken"), .sample(),
            ])
            #expect(batch.existing == [2, 3, 5])
            #expect(batch.ids[2] == taken && batch.ids[5] == taken && batch.ids[3] == batch.ids[1])
            #expect(batch.tasks[3] == batch.tasks[1] && batch.tasks[3] != nil)
            #expect(batch.changes.map(\.id) == [0, 1, 4, 6].map { batch.ids[$0] })
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 6)
        }
    }

    @Test("an unknown queue takes no key", arguments: DatabaseKind.available)
    func unknownQueue(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            var lost = NewTask.keyed("k")
            lost.queue = "nowhere"
            let task = lost
            _ = try await database.write { try Submit.submit([.keyed("other"), task], now: 0, on: $0) }
            #expect(try await database.count("SELECT COUNT(*) FROM unique_keys") == 0)
        }
    }

    @Test("64 submits of one key at once make one task", arguments: DatabaseKind.available)
    func race(_ kind: DatabaseKind) async throws {
        try await withDatabasePlace(kind) { place in
            let database = try await place.open(poolSize: 16)
            defer { database.close() }
            try await place.migrate(database)
            try await database.insertQueue()
            let ids = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for index in 0..<64 {
                    // Batches name the keys in different orders.
                    let keys = index.isMultiple(of: 2) ? ["a", "b", "c"] : ["c", "a", "b"]
                    group.addTask { try await database.submitted(keys.map { .keyed($0) }).ids.sorted() }
                }
                return try await group.reduce(into: Set<[Int64]>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 3)
        }
    }

    @Test("submits that race with the end of the holder leave one holder and lose nothing", arguments: DatabaseKind.available)
    func completion(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            for _ in 0..<20 {
                let first = try await database.submitted([.keyed("k")]).ids[0]
                let claimed = try await database.claim(worker: worker)
                async let ended = database.complete(claimed)
                async let submitted = withThrowingTaskGroup(of: Int64.self) { group in
                    for _ in 0..<6 { group.addTask { try await database.submitted([.keyed("k")]).ids[0] } }
                    return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
                }
                #expect(try await ended.count == 1)
                // All found the first one before it ended, or at most one took its place.
                #expect(try await submitted.subtracting([first]).count <= 1)
                #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE finished_at IS NULL") <= 1)
                let holder = try await database.submitted([.keyed("k")]).ids[0]
                try await database.force(holder, .succeeded)
            }
        }
    }
}

@Suite("Unique keys and redrive", .timeLimit(.minutes(5)))
struct UniqueKeyRedriveTests {
    @Test("a redrive takes the key again, or is refused by who holds it", arguments: DatabaseKind.available)
    func redrive(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let first = try await database.submit(.keyed("k"))
            try await database.force(first, .failed)
            #expect(try await database.redrive(first).isQueued)
            #expect(try await database.submitted([.keyed("k")]).ids == [first])
            try await database.force(first, .failed)
            let second = try await database.submit(.keyed("k"))
            #expect(try await database.redrive(first) == .keyTaken(by: second))
            #expect(try await database.task(first).state == .failed)
            try await database.force(second, .cancelled)
            #expect(try await database.redrive(first).isQueued)
            #expect(try await database.redrive(second) == .keyTaken(by: first))
        }
    }

    @Test("another task's window refuses a redrive, its own does not", arguments: DatabaseKind.available)
    func window(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let first = try await database.submit(.keyed("k"), now: 10)
            try await database.force(first, .failed)
            let second = try await database.submit(.keyed("k", until: 500), now: 20)
            try await database.force(second, .failed)
            #expect(try await database.redrive(first, now: 499) == .keyTaken(by: second))
            #expect(try await database.redrive(second, now: 499).isQueued)
            try await database.force(second, .failed)
            // Its window is still its own.
            #expect(try await database.redrive(first, now: 499) == .keyTaken(by: second))
            #expect(try await database.redrive(first, now: 500).isQueued)
        }
    }

    @Test("submits and redrives at once leave one unfinished task and no deadlock", arguments: DatabaseKind.available)
    func race(_ kind: DatabaseKind) async throws {
        try await withDatabasePlace(kind) { place in
            let database = try await place.open(poolSize: 16)
            defer { database.close() }
            try await place.migrate(database)
            try await database.insertQueue()
            var failed: [Int64] = []
            for _ in 0..<10 {
                let id = try await database.submit(.keyed("k"))
                try await database.force(id, .failed)
                failed.append(id)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in failed {
                    group.addTask { _ = try await database.redrive(id) }
                    group.addTask { _ = try await database.submitted([.keyed("k")]) }
                    group.addTask { _ = try await database.cancel(id) }
                }
                try await group.waitForAll()
            }
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE finished_at IS NULL") <= 1)
            let holder = try await database.submitted([.keyed("k")]).ids[0]
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE finished_at IS NULL AND id = \(holder)") == 1)
        }
    }
}

extension NewTask {
    static func keyed(_ key: String, until: Int64 = 0, tenant: String = "acme", type: String = "test.sample") -> NewTask {
        .sample(tenant: tenant, type: type, uniqueKey: UniqueKey(key, until: until))
    }
}

extension Redrive.Result {
    var isQueued: Bool {
        if case .queued = self { true } else { false }
    }
}

extension Database {
    /// Submits in a transaction of its own and returns what it led to.
    func submitted(_ tasks: [NewTask], now: Int64 = 0) async throws -> Submitted {
        try await write { connection in
            switch try Submit.submit(tasks, now: now, on: connection) {
            case .submitted(let submitted): submitted
            case .unknownQueue(_, let queue): throw FixtureError("queue \(queue) is unknown")
            }
        }
    }
}

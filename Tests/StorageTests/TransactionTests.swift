import Storage
import TestSupport
import Testing

@Suite("Transactions", .timeLimit(.minutes(5)))
struct TransactionTests {
    struct Refusal: Error {}

    private func withCounter(_ kind: DatabaseKind, _ body: (any Database) async throws -> Void) async throws {
        try await withDatabase(kind) { database in
            try await database.write { try $0.executeScript("CREATE TABLE scratch (id BIGINT NOT NULL)") }
            try await body(database)
        }
    }

    @Test("what a write returned is there for every reader", arguments: DatabaseKind.available)
    func writeThenRead(_ kind: DatabaseKind) async throws {
        try await withCounter(kind) { database in
            for id in 1...20 {
                let returned = try await database.write { connection in
                    try connection.execute("INSERT INTO scratch (id) VALUES (\(id))")
                    return id
                }
                #expect(returned == id)
                #expect(try await database.count("SELECT COUNT(*) FROM scratch") == id)
            }
        }
    }

    @Test("a cancelled task's read is cut short, and says nothing against the database")
    func cancelledRead() async throws {
        try await withCounter(.sqlite) { database in
            let begun = TestSignal<Void>()
            let reading = Task {
                try await database.read { connection in
                    // Only a statement that has begun can be interrupted.
                    try connection.rows(
                        """
                        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000000)
                        SELECT n FROM numbers
                        """
                    ) { row -> Void in if row.int(0) == 1 { begun.send() } }.count
                }
            }
            try await begun.wait()
            reading.cancel()
            await #expect(throws: CancellationError.self) { try await reading.value }
            #expect(try await database.count("SELECT COUNT(*) FROM scratch") == 0)
        }
    }

    @Test("no reader sees a write before its commit", arguments: DatabaseKind.available)
    func noDirtyReads(_ kind: DatabaseKind) async throws {
        try await withCounter(kind) { database in
            let inserted = TestSignal<Void>()
            let gate = TestGate()
            async let write: Void = database.write { connection in
                try connection.execute("INSERT INTO scratch (id) VALUES (1)")
                inserted.send()
                try gate.pass()
            }
            try await inserted.wait()
            #expect(try await database.count("SELECT COUNT(*) FROM scratch") == 0)
            gate.open()
            try await write
            #expect(try await database.count("SELECT COUNT(*) FROM scratch") == 1)
        }
    }

    @Test("a closure that throws leaves nothing, and its own error arrives", arguments: DatabaseKind.available)
    func throwRollsBack(_ kind: DatabaseKind) async throws {
        try await withCounter(kind) { database in
            for lane in [WriteLane.engine, .bulk, .staging] {
                await #expect(throws: Refusal.self) {
                    try await database.write(lane) { connection in
                        try connection.execute("INSERT INTO scratch (id) VALUES (1)")
                        throw Refusal()
                    }
                }
            }
            let left = try await database.count("SELECT COUNT(*) FROM scratch")
            #expect(left == 0)
        }
    }

    @Test("a read is one snapshot", arguments: DatabaseKind.available)
    func readIsASnapshot(_ kind: DatabaseKind) async throws {
        try await withCounter(kind) { database in
            let first = TestSignal<Int64>()
            let gate = TestGate()
            async let counts = database.read { connection in
                let before = try connection.row("SELECT COUNT(*) FROM scratch") { $0.int(0) } ?? -1
                first.send(before)
                try gate.pass()
                return [before, try connection.row("SELECT COUNT(*) FROM scratch") { $0.int(0) } ?? -1]
            }
            try await first.wait()
            try await database.write { _ = try $0.execute("INSERT INTO scratch (id) VALUES (1)") }
            gate.open()
            let found = try await counts
            #expect(found == [0, 0])
        }
    }

    @Test("a read cannot write", arguments: DatabaseKind.available)
    func readsDoNotWrite(_ kind: DatabaseKind) async throws {
        try await withCounter(kind) { database in
            await #expect(throws: StorageError.self) { try await database.read { try $0.execute("INSERT INTO scratch (id) VALUES (1)") } }
            let left = try await database.count("SELECT COUNT(*) FROM scratch")
            #expect(left == 0)
        }
    }

    @Test("a write whose caller was cancelled is committed all the same", arguments: DatabaseKind.available)
    func cancelledCaller(_ kind: DatabaseKind) async throws {
        try await withCounter(kind) { database in
            let entered = TestSignal<Void>()
            let gate = TestGate()
            let caller = Task {
                try await database.write { connection in
                    entered.send()
                    try gate.pass()
                    try connection.execute("INSERT INTO scratch (id) VALUES (1)")
                }
            }
            try await entered.wait()
            caller.cancel()
            gate.open()
            _ = try await caller.value
            #expect(try await database.count("SELECT COUNT(*) FROM scratch") == 1)
        }
    }

    @Test("200 writes from many tasks are all there", arguments: DatabaseKind.available)
    func concurrentWrites(_ kind: DatabaseKind) async throws {
        try await withCounter(kind) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in 0..<200 {
                    group.addTask {
                        try await database.write(id.isMultiple(of: 5) ? .bulk : .engine) { connection in
                            _ = try connection.execute("INSERT INTO scratch (id) VALUES (\(id))")
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.count("SELECT COUNT(DISTINCT id) FROM scratch") == 200)
            let statistics = database.commitStatistics
            #expect(statistics.closures >= 200)
            #expect(statistics.count >= 1 && statistics.count <= statistics.closures)
            #expect(statistics.medianMicroseconds > 0)
        }
    }

    @Test("ids ascend and are never given twice, also to many tasks at once", arguments: DatabaseKind.available)
    func idsAreUnique(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let blocks = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for index in 0..<64 {
                    group.addTask { try await database.write { try $0.allocateIDs(1 + index % 7) } }
                }
                return try await group.reduce(into: [[Int64]]()) { $0.append($1) }
            }
            let all = blocks.flatMap { $0 }
            #expect(all.count == (0..<64).reduce(0) { $0 + 1 + $1 % 7 })
            #expect(Set(all).count == all.count)
            #expect(all.allSatisfy { $0 > 0 })
            #expect(blocks.allSatisfy { $0 == $0.sorted() })
            #expect(try await database.write { try $0.allocateIDs(0) } == [])
            let later = try await database.write { [try $0.allocateID(), try $0.allocateID()] }
            #expect(later[0] < later[1])
            #expect(!all.contains(later[0]) && !all.contains(later[1]))
        }
    }

    @Test("ids go on after a restart", arguments: DatabaseKind.available)
    func idsSurviveARestart(_ kind: DatabaseKind) async throws {
        try await withDatabasePlace(kind) { place in
            let first = try await place.open()
            try await place.migrate(first)
            let before = try await first.write { try $0.allocateIDs(100) }
            first.close()
            let second = try await place.open()
            defer { second.close() }
            let after = try await second.write { try $0.allocateIDs(100) }
            #expect(Set(before).isDisjoint(with: after))
            #expect(before.max() ?? 0 < after.min() ?? 0)
        }
    }

    @Test("a closed database refuses work and may be closed again", arguments: DatabaseKind.available)
    func closed(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            database.close()
            database.close()
            let read = await #expect(throws: StorageError.self) { try await database.read { try $0.rows("SELECT 1") { $0.int(0) } } }
            #expect(read?.code == .unavailable)
            let write = await #expect(throws: StorageError.self) { try await database.write { try $0.execute("DELETE FROM queues") } }
            #expect(write?.code == .unavailable)
        }
    }

    @Test("the writer reports full durability", arguments: DatabaseKind.available)
    func durability(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            switch kind {
            case .sqlite:
                #expect(database.durability == "synchronous=FULL")
                let synchronous = try await database.write { try $0.row("PRAGMA synchronous") { $0.int(0) } }
                #expect(synchronous == 2)
            case .postgres:
                #expect(database.durability.contains("synchronous_commit=on"))
                #expect(database.durability.contains("fsync=on"))
            }
        }
    }
}

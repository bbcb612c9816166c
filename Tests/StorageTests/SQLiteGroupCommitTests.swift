import Storage
import Synchronization
import TestSupport
import Testing

/// While a gate holds the writer, closures pile up behind it and form the next groups.
@Suite("Group commit on SQLite", .timeLimit(.minutes(5)))
struct SQLiteGroupCommitTests {
    struct Refusal: Error, Equatable { let number: Int }

    /// Blocks the writer, lets `enqueue` start children (each has enqueued its write when the next line runs), opens.
    private func pileUp<Result: Sendable>(
        on database: any Database, count: Int, _ write: @escaping @Sendable (Int) async throws -> Result
    ) async throws -> [Swift.Result<Result, any Error>] {
        let entered = TestSignal<Void>()
        let gate = TestGate()
        let executor = SerialTaskExecutor()
        return try await withTaskExecutorPreference(executor) {
            async let blocker: Void = database.write { _ in
                entered.send()
                try gate.pass()
            }
            try await entered.wait()
            let children = (0..<count).map { index in
                Task(executorPreference: executor) { try await write(index) }
            }
            await Task.yield()
            gate.open()
            try await blocker
            var results: [Swift.Result<Result, any Error>] = []
            for child in children { results.append(await child.result) }
            return results
        }
    }

    private func withScratch(_ body: (any Database) async throws -> Void) async throws {
        try await withDatabase(.sqlite) { database in
            try await database.write { try $0.executeScript("CREATE TABLE scratch (id BIGINT NOT NULL PRIMARY KEY)") }
            try await body(database)
        }
    }

    @Test("closures that arrive together share one transaction")
    func sharedTransaction() async throws {
        try await withScratch { database in
            let before = database.commitStatistics
            let results = try await pileUp(on: database, count: 50) { index in
                try await database.write { _ = try $0.execute("INSERT INTO scratch (id) VALUES (\(index))") }
            }
            let after = database.commitStatistics
            #expect(results.allSatisfy { (try? $0.get()) != nil })
            // One commit for the closure that held the writer, one for all others.
            #expect(after.count - before.count == 2)
            #expect(after.closures - before.closures == 51)
            #expect(try await database.count("SELECT COUNT(*) FROM scratch") == 50)
        }
    }

    @Test("a closure that throws fails alone and the others commit")
    func oneFailsAlone() async throws {
        try await withScratch { database in
            let runs = Mutex([Int](repeating: 0, count: 10))
            let results = try await pileUp(on: database, count: 10) { index in
                try await database.write { connection in
                    runs.withLock { $0[index] += 1 }
                    try connection.execute("INSERT INTO scratch (id) VALUES (\(index))")
                    if index == 4 { throw Refusal(number: index) }
                    return index
                }
            }
            for (index, result) in results.enumerated() {
                switch result {
                case .success(let value): #expect(value == index && index != 4)
                case .failure(let error): #expect(error as? Refusal == Refusal(number: 4) && index == 4)
                }
            }
            let ids = try await database.read { try $0.rows("SELECT id FROM scratch ORDER BY id") { Int($0.int(0)) } }
            #expect(ids == [0, 1, 2, 3, 5, 6, 7, 8, 9])
            // Those before the failing one ran in the group and again alone; that is why a closure touches nothing else.
            #expect(runs.withLock { $0 } == [2, 2, 2, 2, 2, 1, 1, 1, 1, 1])
        }
    }

    @Test("a refused row fails its own closure only")
    func constraintFailsAlone() async throws {
        try await withScratch { database in
            let results = try await pileUp(on: database, count: 6) { index in
                try await database.write { _ = try $0.execute("INSERT INTO scratch (id) VALUES (\(index / 2))") }
            }
            let codes = results.map { result -> StorageError.Code? in
                if case .failure(let error as StorageError) = result { error.code } else { nil }
            }
            #expect(codes == [nil, .constraint, nil, .constraint, nil, .constraint])
            #expect(try await database.count("SELECT COUNT(*) FROM scratch") == 3)
        }
    }

    @Test("engine writes go before bulk writes that came earlier, and each bulk write has a transaction of its own")
    func lanes() async throws {
        try await withScratch { database in
            let order = Mutex<[String]>([])
            let before = database.commitStatistics.count
            _ = try await pileUp(on: database, count: 6) { index in
                try await database.write(index < 3 ? .bulk : .engine) { _ in order.withLock { $0.append(index < 3 ? "bulk" : "engine") } }
            }
            #expect(order.withLock { $0 } == ["engine", "engine", "engine", "bulk", "bulk", "bulk"])
            // The blocker, then engine x 3, then one bulk each.
            #expect(database.commitStatistics.count - before == 5)
        }
    }

    @Test("a group has a largest size")
    func largestGroup() async throws {
        try await withScratch { database in
            let before = database.commitStatistics.count
            _ = try await pileUp(on: database, count: 300) { index in
                try await database.write { _ = try $0.execute("INSERT INTO scratch (id) VALUES (\(index))") }
            }
            #expect(database.commitStatistics.count - before == 1 + 3)
            #expect(try await database.count("SELECT COUNT(*) FROM scratch") == 300)
        }
    }

    @Test("closing commits what was accepted")
    func closeCommits() async throws {
        try await withDatabasePlace(.sqlite) { place in
            let database = try await place.open()
            try await database.write { try $0.executeScript("CREATE TABLE scratch (id BIGINT NOT NULL PRIMARY KEY)") }
            let results = try await pileUp(on: database, count: 20) { index in
                try await database.write { _ = try $0.execute("INSERT INTO scratch (id) VALUES (\(index))") }
            }
            database.close()
            #expect(results.allSatisfy { (try? $0.get()) != nil })
            let again = try await place.open()
            defer { again.close() }
            #expect(try await again.count("SELECT COUNT(*) FROM scratch") == 20)
        }
    }
}

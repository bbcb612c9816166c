import Storage
import TaskEngine
import TestSupport
import Testing

/// What a task costs in statements. Counted and not timed: a machine that is busy must not fail a test, and a statement per
/// task where there was one per batch must.
@Suite("Statements per task", .timeLimit(.minutes(5)))
struct StatementCountTests {
    /// Statements of `transition`, which is rolled back.
    private func statements(
        _ database: any Database, _ transition: @escaping @Sendable (any Connection) throws -> Void
    ) async throws -> Int {
        struct Counted: Error { let count: Int }
        do {
            try await database.write { connection in
                let counter = StatementCounter(connection)
                try transition(counter)
                throw Counted(count: counter.count)
            }
            return 0
        } catch let counted as Counted {
            return counted.count
        }
    }

    @Test("a submit of 1,000 tasks takes as many statements as a submit of one", arguments: DatabaseKind.available)
    func submit(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            for (count, key, expected) in [(1, false, 3), (1000, false, 3), (1, true, 4), (1000, true, 4)] {
                let found = try await statements(database) { connection in
                    let tasks = (0..<count).map { NewTask.sample(uniqueKey: key ? UniqueKey("\($0)") : nil) }
                    _ = try Submit.submit(tasks, now: 1, on: connection)
                }
                #expect(found == expected, "\(count) tasks, key \(key)")
            }
        }
    }

    @Test("claims and endings take as many statements for 500 tasks as for one", arguments: DatabaseKind.available)
    func batches(kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await database.submit((0..<1000).map { .sample(tenant: "tenant-\($0 % 7)") })
            for count in [1, 500] {
                let claim = try await statements(database) { connection in
                    let claimed = try Claim.claim(.init(queue: "default", slots: count), worker: worker, now: 1, on: connection)
                    #expect(claimed.count == count)
                }
                #expect(claim == 1)
            }
            let claimed = try await database.claim(500, queue: "default", worker: worker)
            let error = TaskError(code: "broken", message: "it broke")
            for count in [1, 500] {
                let batch = claimed.prefix(count)
                let complete = try await statements(database) {
                    _ = try Complete.complete(batch.map { .init(task: $0, output: nil) }, now: 5, on: $0)
                }
                let withOutput = try await statements(database) {
                    _ = try Complete.complete(batch.map { .init(task: $0, output: "1") }, now: 5, on: $0)
                }
                let fail = try await statements(database) {
                    _ = try EndAttempts.end(
                        batch.map { .init(task: $0, next: .fail, outcome: .failed, error: error) }, now: 5, on: $0)
                }
                let rescue = try await statements(database) { _ = try Rescue.rescue(worker: worker, beat: nil, now: 5, on: $0) }
                #expect([complete, withOutput, fail, rescue] == [1, 2, 2, 4], "\(count) tasks")
            }
        }
    }

    @Test("5,000 tasks are drained by 500 slots in few transactions of few statements", arguments: DatabaseKind.available)
    func drain(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let counting = CountingDatabase(database)
            var settings = EngineSettings.forTests
            settings.pools = ["default": 500]
            settings.heartbeat = .seconds(600)
            settings.workerDead = .seconds(2400)
            let harness = try await EngineHarness(counting, settings: settings)
            let tasks = try await harness.submit(Array(repeating: SubmitRequest(type: "demo.noop"), count: 5000))
            let before = counting.writes
            try await harness.run { try await $0.wait(for: tasks, .succeeded) }
            let transactions = counting.writes.transactions - before.transactions
            let statements = counting.writes.statements - before.statements
            print("drain of 5,000 on \(kind): \(transactions) transactions, \(statements) statements")
            // Some 100 when nothing else runs; handlers that are slow to be scheduled end in smaller groups.
            #expect(transactions <= 5000 / 10)
            #expect(statements <= 8 * transactions)
        }
    }
}

import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Pruning the statistics of runs", .timeLimit(.minutes(2)))
struct PruneRollUpTests {
    private static let hour: Int64 = 3_600_000_000

    @Test("a pass deletes the hours that no statistics show, of every tenant and workflow", arguments: DatabaseKind.available)
    func pass(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let clock = TestClock(Self.hour * 500_000)
            let first = PruneRollUp.firstKept(now: clock.now)
            #expect(first == 500_000 - 744)
            try await database.write { connection in
                for (tenant, name) in [("", "b"), ("acme", "a"), ("acme", "b"), ("globex", "a")] {
                    // Without a gap for two days, one that is very old, and what stays.
                    for hour in Array(first - 48..<first) + [3, first, first + 743] {
                        try connection.execute(
                            """
                            INSERT INTO rollup (tenant, name, hour, outcome, bucket, shard, count)
                            VALUES (\(tenant), \(name), \(hour), 'succeeded', 7, 0, 2)
                            """)
                    }
                }
            }
            let pruner = Pruner(database: database, retention: Retention(), clock: EngineClock(now: { clock.now }), logger: .silent)
            var walk = Pruner.Walk()
            #expect(try await pruner.pass(&walk) == Pruner.Tally())
            #expect(try await database.count("SELECT COUNT(*) FROM rollup") == 8)
            #expect(try await database.count("SELECT COUNT(*) FROM rollup WHERE hour < \(first)") == 0)
            // What is deleted was never shown: the statistics are the same.
            let stats = try await database.read { try RunStats.read(hours: 720, tenant: "acme", now: clock.now, on: $0) }
            #expect(stats.all.total == 4)
        }
    }
}

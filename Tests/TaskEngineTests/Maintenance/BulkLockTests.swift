import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

/// Completions, rescues and cancellations lock tasks in an order of their own. Were an operation to wait for a task while it
/// holds others, it would deadlock with them, and the database would undo one of the two after a second.
@Suite(
    "Bulk operations beside other transactions", .timeLimit(.minutes(5)),
    .enabled(if: PostgresSchema.isAvailable, "\(PostgresSchema.reason)"))
struct BulkLockTests {
    @Test("an operation goes on to the first task that somebody holds, and waits for it without holding any", arguments: [false, true])
    func waiting(isByID: Bool) async throws {
        try await withDatabasePlace(.postgres) { place in
            let database = try await place.open()
            defer { database.close() }
            try await place.migrate(database)
            let other = try await place.open(poolSize: 1)
            defer { other.close() }
            var settings = EngineSettings.forTests
            settings.pools = [SystemQueue.name: SystemQueue.limit]
            let hub = ChangeHub(database: database)
            let harness = try await EngineHarness(database, settings: settings) { registry in
                BulkOperations(database: database, hub: hub).register(in: &registry)
            }
            let heard = TestSignal<TaskChange>()
            hub.subscribe { for change in $0 { heard.send(change) } }
            try await database.write { try QueueSetup.insertMissing([SystemQueue.definition], now: 0, on: $0) }
            let ids = try await database.submit((0..<4).map { _ in .sample(tenant: "default") })
            var filter = BulkFilter()
            // Those that were changed already would be found and counted again.
            if isByID { filter.ids = ids }
            let (holds, gate) = (TestSignal<Void>(), TestGate())
            try await harness.run { [filter] harness in
                async let tries = holdSecondThenFirst(ids, other, holds, gate)
                try await holds.wait()
                guard case .submitted(let submitted) = try await harness.service.submit(.cancel, filter, tenant: "default") else {
                    throw FixtureError("nothing was submitted")
                }
                try await heard.wait { $0.contains { $0.id == ids[0] && $0.state == .cancelled } }
                gate.open()
                #expect(try await tries == 1, "nobody was undone")
                try await harness.wait(for: submitted.ids[0], .succeeded)
                #expect(try await database.task(submitted.ids[0]).output == #"{"changed":4,"matched":4,"skipped":{}}"#)
            }
        }
    }

    /// - Returns: how often the transaction ran.
    private func holdSecondThenFirst(
        _ ids: [Int64], _ database: any Database, _ holds: TestSignal<Void>, _ gate: TestGate
    ) async throws -> Int {
        let tries = Tries()
        try await database.write { connection in
            tries.count.withLock { $0 += 1 }
            _ = try connection.rows("SELECT id FROM tasks WHERE id = \(ids[1])\(lock: .update)") { $0.int(0) }
            holds.send()
            try gate.pass()
            _ = try connection.rows("SELECT id FROM tasks WHERE id = \(ids[0])\(lock: .update)") { $0.int(0) }
        }
        return tries.count.withLock { $0 }
    }

    private final class Tries: Sendable {
        let count = Mutex(0)
    }
}

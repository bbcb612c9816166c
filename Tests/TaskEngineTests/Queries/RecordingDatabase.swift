import ServiceLifecycle
import Storage
import TestSupport

/// A database that keeps the plans of what is read.
final class RecordingDatabase: Database {
    /// One plan per statement, in order.
    let plans = TestSignal<QueryPlan>()
    private let base: any Database

    init(_ base: any Database) {
        self.base = base
    }

    var dialect: Dialect { base.dialect }
    var durability: String { base.durability }
    var commitStatistics: CommitStatistics { base.commitStatistics }

    func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        let (result, recorded) = try await base.read { connection in
            let recorder = PlanRecorder(connection)
            let result = try body(recorder)
            return (result, recorder.plans)
        }
        for plan in recorded { plans.send(plan) }
        return result
    }

    func write<T: Sendable>(_ lane: WriteLane, _ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        try await base.write(lane, body)
    }

    func notify(channel: String, payload: String) { base.notify(channel: channel, payload: payload) }
    func listen(channel: String, _ listener: @escaping @Sendable (String?) -> Void) { base.listen(channel: channel, listener) }
    func close() { base.close() }
    func run() async throws { try await base.run() }
}

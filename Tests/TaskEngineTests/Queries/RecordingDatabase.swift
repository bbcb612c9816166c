import ServiceLifecycle
import Storage
import TestSupport

/// A database that keeps the plans of what is read and written.
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
        keep(try await base.read { try Self.record($0, body) })
    }

    func write<T: Sendable>(_ lane: WriteLane, _ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        keep(try await base.write(lane) { try Self.record($0, body) })
    }

    private static func record<T>(_ connection: any Connection, _ body: (any Connection) throws -> T) throws -> (T, [QueryPlan]) {
        let recorder = PlanRecorder(connection)
        return (try body(recorder), recorder.plans)
    }

    private func keep<T>(_ recorded: (result: T, plans: [QueryPlan])) -> T {
        for plan in recorded.plans { plans.send(plan) }
        return recorded.result
    }

    func notify(channel: String, payload: String) { base.notify(channel: channel, payload: payload) }
    func listen(channel: String, _ listener: @escaping @Sendable (String?) -> Void) { base.listen(channel: channel, listener) }
    func close() { base.close() }
    func run() async throws { try await base.run() }
}

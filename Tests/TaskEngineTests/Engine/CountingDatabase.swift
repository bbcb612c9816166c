import ServiceLifecycle
import Storage
import TestSupport

/// A database that says how often it was read.
final class CountingDatabase: Database {
    /// One for each read that was begun.
    let reads = TestSignal<Void>()
    private let base: any Database

    init(_ base: any Database) {
        self.base = base
    }

    var dialect: Dialect { base.dialect }
    var durability: String { base.durability }
    var commitStatistics: CommitStatistics { base.commitStatistics }

    func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        reads.send()
        return try await base.read(body)
    }

    func write<T: Sendable>(_ lane: WriteLane, _ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        try await base.write(lane, body)
    }

    func notify(channel: String, payload: String) { base.notify(channel: channel, payload: payload) }
    func listen(channel: String, _ listener: @escaping @Sendable (String?) -> Void) { base.listen(channel: channel, listener) }
    func close() { base.close() }
    func run() async throws { try await base.run() }
}

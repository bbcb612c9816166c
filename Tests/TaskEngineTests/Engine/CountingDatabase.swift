import ServiceLifecycle
import Storage
import Synchronization
import TestSupport

/// A database that says how often it was read and written, and with how many statements.
final class CountingDatabase: Database {
    /// Writes and what they ran, also what a write ran in vain.
    struct Writes: Sendable {
        var transactions = 0
        var statements = 0
    }

    /// One for each read that was begun.
    let reads = TestSignal<Void>()
    private let base: any Database
    private let counts = Mutex(Writes())

    init(_ base: any Database) {
        self.base = base
    }

    var dialect: Dialect { base.dialect }
    var durability: String { base.durability }
    var commitStatistics: CommitStatistics { base.commitStatistics }
    var writes: Writes { counts.withLock { $0 } }

    func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        reads.send()
        return try await base.read(body)
    }

    func write<T: Sendable>(_ lane: WriteLane, _ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        counts.withLock { $0.transactions += 1 }
        return try await base.write(lane) { [self] connection in
            let counter = StatementCounter(connection)
            defer { counts.withLock { $0.statements += counter.count } }
            return try body(counter)
        }
    }

    func notify(channel: String, payload: String) { base.notify(channel: channel, payload: payload) }
    func listen(channel: String, _ listener: @escaping @Sendable (String?) -> Void) { base.listen(channel: channel, listener) }
    func close() { base.close() }
    func run() async throws { try await base.run() }
}

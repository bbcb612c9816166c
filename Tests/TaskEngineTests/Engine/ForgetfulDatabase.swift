import ServiceLifecycle
import Storage
import Synchronization

/// A database that commits a write and then cannot say so, once.
final class ForgetfulDatabase: Database {
    typealias Condition = @Sendable (any Connection) throws -> Bool

    private struct State {
        var condition: Condition?
        var hasForgotten = false
    }

    private let base: any Database
    private let state = Mutex(State())

    init(_ base: any Database) {
        self.base = base
    }

    var dialect: Dialect { base.dialect }
    var durability: String { base.durability }
    var commitStatistics: CommitStatistics { base.commitStatistics }
    var hasForgotten: Bool { state.withLock { $0.hasForgotten } }

    /// The answer to the next write is lost that makes `condition` true.
    func forgetNextWrite(when condition: @escaping Condition) {
        state.withLock { $0.condition = condition }
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        try await base.read(body)
    }

    func write<T: Sendable>(_ lane: WriteLane, _ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        let condition = state.withLock { $0.condition }
        let (result, isToBeForgotten) = try await base.write(lane) { connection in
            let wasTrue = try condition?(connection) ?? true
            let result = try body(connection)
            return (result, try !wasTrue && condition?(connection) ?? false)
        }
        guard isToBeForgotten else { return result }
        state.withLock { state in
            state.condition = nil
            state.hasForgotten = true
        }
        throw StorageError(.outcomeUnknown, "the answer to COMMIT was lost")
    }

    func notify(channel: String, payload: String) { base.notify(channel: channel, payload: payload) }
    func listen(channel: String, _ listener: @escaping @Sendable (String?) -> Void) { base.listen(channel: channel, listener) }
    func close() { base.close() }
    func run() async throws { try await base.run() }
}

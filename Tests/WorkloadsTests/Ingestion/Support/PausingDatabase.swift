import ServiceLifecycle
import Storage
import Synchronization
import TestSupport

/// A database whose bulk writes can be held up, to catch a handler in the middle of its work.
final class PausingDatabase: Database {
    private struct State {
        var isPaused = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// Sent when a bulk write has come to a pause.
    let paused = TestSignal<Void>()
    private let base: any Database
    private let state = Mutex(State())

    init(_ base: any Database) {
        self.base = base
    }

    func pause() {
        state.withLock { $0.isPaused = true }
    }

    func resume() {
        let waiting = state.withLock { state in
            state.isPaused = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func pass() async {
        await withCheckedContinuation { continuation in
            let mustWait = state.withLock { state in
                if state.isPaused { state.waiting.append(continuation) }
                return state.isPaused
            }
            if mustWait { paused.send() } else { continuation.resume() }
        }
    }

    var dialect: Dialect { base.dialect }
    var durability: String { base.durability }
    var commitStatistics: CommitStatistics { base.commitStatistics }

    func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T { try await base.read(body) }

    func write<T: Sendable>(_ lane: WriteLane, _ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        if case .bulk = lane { await pass() }
        return try await base.write(lane, body)
    }

    func notify(channel: String, payload: String) { base.notify(channel: channel, payload: payload) }
    func listen(channel: String, _ listener: @escaping @Sendable (String?) -> Void) { base.listen(channel: channel, listener) }
    func close() { base.close() }
    func run() async throws { try await base.run() }
}

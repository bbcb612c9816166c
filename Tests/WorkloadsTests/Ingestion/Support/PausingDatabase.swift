import ServiceLifecycle
import Storage
import Synchronization
import TestSupport

/// A database whose bulk writes can be held up or made to fail, to catch a handler in the middle of its work, and whose reads can
/// be explained.
final class PausingDatabase: Database {
    /// How a write fails.
    enum Failure: CaseIterable, Sendable {
        /// It was never made.
        case lost
        /// It was committed, and the answer is lost.
        case unanswered
    }

    private struct State {
        var isPaused = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        /// Bulk writes until the one that is met, and what happens to it; nil pauses.
        var countdown: (left: Int, failure: Failure?)?
        var bulkWrites = 0
        /// Nil while nobody asks.
        var plans: [QueryPlan]?
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

    /// Has the `count`-th bulk write from now fail, and no other.
    func fail(bulkWrite count: Int, _ failure: Failure) {
        state.withLock { $0.countdown = (count, failure) }
    }

    /// Pauses at the `count`-th bulk write from now.
    func pause(atBulkWrite count: Int) {
        state.withLock { $0.countdown = (count, nil) }
    }

    /// How many there have been.
    var bulkWrites: Int { state.withLock { $0.bulkWrites } }

    /// Whether the write that was to fail or to pause has not come.
    var isPending: Bool { state.withLock { $0.countdown != nil } }

    /// Forgets what was to happen.
    func forget() {
        state.withLock { $0.countdown = nil }
    }

    func resume() {
        let waiting = state.withLock { state in
            state.isPaused = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Counts a bulk write.
    private func meet() -> Failure? {
        state.withLock { state in
            state.bulkWrites += 1
            guard let (left, failure) = state.countdown else { return nil }
            state.countdown = left > 1 ? (left - 1, failure) : nil
            guard left == 1 else { return nil }
            if failure == nil { state.isPaused = true }
            return failure
        }
    }

    /// From now on the plan of every statement that reads is kept.
    func startRecording() {
        state.withLock { $0.plans = [] }
    }

    /// The plans since ``startRecording()``.
    func stopRecording() -> [QueryPlan] {
        state.withLock { state in
            defer { state.plans = nil }
            return state.plans ?? []
        }
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

    func read<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        try await base.read { [self] connection in
            guard state.withLock({ $0.plans != nil }) else { return try body(connection) }
            let recorder = PlanRecorder(connection)
            defer { state.withLock { $0.plans? += recorder.plans } }
            return try body(recorder)
        }
    }

    func write<T: Sendable>(_ lane: WriteLane, _ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T {
        guard lane != .engine else { return try await base.write(lane, body) }
        let failure = meet()
        await pass()
        if failure == .lost { throw StorageError(.unavailable, "a write that fails for a test") }
        let result = try await base.write(lane, body)
        if failure == .unanswered { throw StorageError(.unavailable, "an answer that is lost for a test") }
        return result
    }

    func notify(channel: String, payload: String) { base.notify(channel: channel, payload: payload) }
    func listen(channel: String, _ listener: @escaping @Sendable (String?) -> Void) { base.listen(channel: channel, listener) }
    func close() { base.close() }
    func run() async throws { try await base.run() }
}

import Synchronization
import TaskEngine

/// A small load beside something else: each of some callers submits one no-op task every 20 ms, for as long as that takes.
struct SteadySubmits {
    let rig: BenchRig
    let callers: Int

    /// What `body` returned, and how long each submit took until it was acknowledged, in microseconds.
    func during<R: Sendable>(_ body: () async throws -> R) async throws -> (result: R, samples: [Int64]) {
        let isOver = IsOver()
        return try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<callers {
                group.addTask { [rig] in
                    var samples: [Int64] = []
                    while !isOver.value {
                        samples += try await BenchRig.sampled(1) { try await rig.submitOne() }
                        try await Task.sleep(for: .milliseconds(Int.random(in: 15...25)))
                    }
                    return samples
                }
            }
            defer { isOver.set() }
            let result = try await body()
            isOver.set()
            return (result, try await group.reduce(into: []) { $0 += $1 })
        }
    }

    private final class IsOver: Sendable {
        private let state = Mutex(false)
        var value: Bool { state.withLock { $0 } }
        func set() { state.withLock { $0 = true } }
    }
}

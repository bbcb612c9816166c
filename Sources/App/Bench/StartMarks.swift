import Synchronization
import TaskEngine

/// A task type whose handler only notes when it started.
final class StartMarks: Sendable {
    static let type = "bench.mark"

    private let marks = Mutex<[ContinuousClock.Instant]>([])
    private let started = Signal()

    func register(in registry: inout TaskRegistry) {
        registry.register(name: Self.type) { [self] _, _ in
            marks.withLock { $0.append(.now) }
            started.raise()
            return nil
        }
    }

    /// Waits until so many have started since the last call, and returns when they did.
    func next(_ count: Int = 1) async -> [ContinuousClock.Instant] {
        while true {
            let next = marks.withLock { marks -> [ContinuousClock.Instant]? in
                guard marks.count >= count else { return nil }
                defer { marks.removeFirst(count) }
                return Array(marks.prefix(count))
            }
            if let next { return next }
            await started.wait()
        }
    }
}

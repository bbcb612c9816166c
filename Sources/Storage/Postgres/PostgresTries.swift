/// How often a closure may still run again.
struct PostgresTries {
    let reruns: Int
    private var conflicts = 0
    private var losses = 0
    private var stalePlans = 0

    init(reruns: Int) {
        self.reruns = reruns
    }

    /// Counts one failure. Throws it when it was one too many.
    mutating func admit(_ failure: PostgresFailure, counts: Bool) throws {
        guard counts else { return }
        switch failure.kind {
        case .connectionLost:
            losses += 1
            if losses > 1 { throw failure.error }
        case .stalePlan:
            stalePlans += 1
            if stalePlans > 1 { throw failure.error }
        case .conflict, .readOnlyServer, .permanent:
            conflicts += 1
            if conflicts > reruns { throw failure.error }
        }
    }

    /// About 1, 2, 4, 8, 16 ms with jitter, so that two that collided do not meet again.
    func pause() -> Duration {
        .milliseconds(Double.random(in: 0.5...1.5) * Double(1 << min(conflicts, 8)))
    }
}

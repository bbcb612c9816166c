package import TaskEngine

/// What is done, and when, to end a handler in a child that was asked to end: a pure state machine.
///
/// Each rung is taken once. A handler that has been asked by cancellation gets SIGTERM for its process group, so that programs
/// it waits for end, and then SIGKILL.
package struct StopLadder: Sendable {
    /// What is done; each includes those before it.
    package enum Rung: Int, Sendable, Comparable {
        case none, cancel, terminate, kill

        package static func < (left: Rung, right: Rung) -> Bool { left.rawValue < right.rawValue }
    }

    /// From somebody's cancellation to SIGTERM.
    package static let patience = Duration.seconds(10)
    /// From SIGTERM to SIGKILL.
    package static let lastChance = Duration.seconds(5)
    /// From the process's shutdown to SIGTERM and to SIGKILL: the engine puts the task back after 2 s.
    package static let shutdown = (terminate: Duration.milliseconds(800), kill: Duration.milliseconds(1300))

    private let softDeadline: ContinuousClock.Instant
    private let hardDeadline: ContinuousClock.Instant
    private var since: ContinuousClock.Instant?
    private var taken = Rung.none

    package init(softDeadline: ContinuousClock.Instant, hardDeadline: ContinuousClock.Instant) {
        self.softDeadline = softDeadline
        self.hardDeadline = hardDeadline
    }

    /// The rungs to take now, in their order.
    package mutating func climb(_ reason: StopReason?, at now: ContinuousClock.Instant) -> [Rung] {
        if reason != nil, since == nil { since = now }
        let reached = rung(reason, now)
        guard reached > taken else { return [] }
        defer { taken = reached }
        return [Rung.cancel, .terminate, .kill].filter { $0 > taken && $0 <= reached }
    }

    private func rung(_ reason: StopReason?, _ now: ContinuousClock.Instant) -> Rung {
        if now >= hardDeadline { return .kill }
        guard let reason, let since else { return .none }
        switch reason {
        case .leaseLost: return .kill
        case .interrupted: return rung(now, terminate: since + Self.shutdown.terminate, kill: since + Self.shutdown.kill)
        case .cancelled: return rung(now, terminate: since + Self.patience, kill: since + Self.patience + Self.lastChance)
        case .softLimit:
            let before = min(Self.lastChance, softDeadline.duration(to: hardDeadline) / 2)
            return rung(now, terminate: hardDeadline - before, kill: hardDeadline)
        }
    }

    private func rung(_ now: ContinuousClock.Instant, terminate: ContinuousClock.Instant, kill: ContinuousClock.Instant) -> Rung {
        now >= kill ? .kill : now >= terminate ? .terminate : .cancel
    }
}

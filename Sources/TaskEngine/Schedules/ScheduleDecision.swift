/// What to do about the due time at which a schedule has arrived. Pure, so that every case can be tried without a database.
package struct ScheduleDecision: Sendable, Equatable {
    /// A due time that is later than this by now was missed; within it all fire, one by one.
    package static let grace: Int64 = 10_000_000

    /// What to do about it.
    package enum Action: Sendable, Equatable {
        case start
        /// Until what was started last has ended.
        case wait
        case skip(ScheduleSkip)
    }

    /// The due time that this is about.
    package let due: Int64
    /// What to do about it.
    package let action: Action
    /// The one after it, never before it, so that none comes twice.
    package let next: Int64?

    /// - Parameters:
    ///   - due: the due time that has come.
    ///   - isBusy: whether what was started last is unfinished.
    ///   - isWaiting: whether another due time waits for that already.
    package init(
        due: Int64, timing: ScheduleTiming, overlap: ScheduleOverlap, catchUp: ScheduleCatchUp, isBusy: Bool, isWaiting: Bool, now: Int64
    ) {
        let missedUntil = now - Self.grace
        var due = due
        if due < missedUntil {
            let latest = timing.latest(from: due, through: missedUntil - 1)
            let next = timing.next(after: latest)
            // One that is due just now makes up for those that were missed.
            if catchUp == .none || (next ?? .max) <= now {
                self.init(due: due, action: .skip(.missed), next: next)
                return
            }
            due = latest
        }
        let action: Action =
            switch overlap {
            case .allow: .start
            case .skip: isBusy ? .skip(.overlap) : .start
            case .queueOne: isWaiting ? .skip(.overlap) : isBusy ? .wait : .start
            }
        self.init(due: due, action: action, next: timing.next(after: due))
    }

    private init(due: Int64, action: Action, next: Int64?) {
        self.due = due
        self.action = action
        self.next = next
    }
}

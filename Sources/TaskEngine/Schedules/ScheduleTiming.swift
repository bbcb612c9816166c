/// When a schedule is due. Pure: the same question has the same answer on every process.
package enum ScheduleTiming: Sendable, Equatable {
    /// By the clocks of a zone.
    ///
    /// A time that the clocks skip is due at the moment after the gap, once, however many such times there are; a time that
    /// they show twice is due the first time. So every day has as many due times as it would without the change, less what
    /// falls together at the end of a gap.
    case cron(CronExpression, ScheduleZone)
    /// Every so many milliseconds, counted from `anchor` (microseconds since 1970), whatever clocks are set to.
    case interval(milliseconds: Int64, anchor: Int64)

    /// Shortest interval in milliseconds.
    package static let shortestInterval: Int64 = 1000
    /// Longest interval in milliseconds: ten years.
    package static let longestInterval: Int64 = 3660 * 86_400_000

    /// The first due time after `time`, both in microseconds since 1970.
    /// - Returns: nil when there is none, which no expression that was accepted comes to.
    package func next(after time: Int64) -> Int64? {
        switch self {
        case .cron(let expression, let zone): Self.next(expression, zone, after: time)
        case .interval(let milliseconds, let anchor):
            anchor + (max(0, time - anchor) / (milliseconds * 1000) + 1) * milliseconds * 1000
        }
    }

    /// The first `count` due times after `time`.
    package func next(_ count: Int, after time: Int64) -> [Int64] {
        var times: [Int64] = []
        while times.count < count, let next = next(after: times.last ?? time) { times.append(next) }
        return times
    }

    /// The last due time from `due`, which is one, up to `time`. Costs no more after a year than after a minute.
    package func latest(from due: Int64, through time: Int64) -> Int64 {
        // Nothing is due within a second of another: seconds are fine enough to find the last one by halves.
        let second: Int64 = 1_000_000
        var (early, late) = (due - 1, max(due, time))
        while late - early > second / 2 {
            let middle = early + (late - early) / 2
            if let next = next(after: middle), next <= time { early = middle } else { late = middle }
        }
        guard let found = next(after: early), found <= time else { return due }
        return found
    }

    private static func next(_ expression: CronExpression, _ zone: ScheduleZone, after time: Int64) -> Int64? {
        let now = time.flooredQuotient(1_000_000)
        var minute = (now + zone.offset(at: now)).flooredQuotient(60) + 1
        // More than once only where clocks show again what they have shown before.
        while let found = expression.nextMinute(from: minute) {
            let instant = zone.instant(showing: found * 60) * 1_000_000
            if instant > time { return instant }
            minute = found + 1
        }
        return nil
    }
}

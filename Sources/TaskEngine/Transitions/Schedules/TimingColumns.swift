/// Due times of a schedule as its row holds them.
struct TimingColumns: Sendable {
    let cron: String?
    let everyMilliseconds: Int64?
    let anchor: Int64
    let zone: String

    /// - Parameter now: what an expression has in the place of an interval's anchor.
    init(_ timing: ScheduleTiming, now: Int64) {
        switch timing {
        case .cron(let expression, let zone): (cron, everyMilliseconds, anchor, self.zone) = (expression.text, nil, now, zone.name)
        case .interval(let milliseconds, let anchor):
            (cron, everyMilliseconds, self.anchor, zone) = (nil, milliseconds, anchor, ScheduleZone.utc.name)
        }
    }
}

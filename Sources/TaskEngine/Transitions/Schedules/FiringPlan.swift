/// What becomes of one due time of a schedule whose row is locked.
struct FiringPlan: Sendable {
    let schedule: ScheduleDetail
    /// Of a firing by hand: the moment at which it was asked for.
    let due: Int64
    var action: ScheduleDecision.Action
    var detail: String?
    /// The due time that comes next.
    let next: Int64?
    /// Whether the firing has a row already: it waited.
    let waited: Bool
    let isManual: Bool
    /// Whether this due time was dealt with before: the schedule goes on to the next, and that is all.
    var isKnown = false
    /// Why its schedule is never due again; nil for all others.
    private(set) var unreadable: UnreadableSchedule?
    var startedTask: Int64?
    var startedRun: Int64?

    /// The due time at which the schedule has arrived.
    init(due schedule: ScheduleDetail, isBusy: Bool, now: Int64) {
        self.schedule = schedule
        waited = false
        isManual = false
        let time = schedule.nextAt ?? now
        let timing: ScheduleTiming
        switch schedule.timing {
        case .success(let readable): timing = readable
        case .failure(let error):
            (due, action, next) = (time, .skip(.refused), nil)
            (detail, unreadable) = (error.description, error)
            return
        }
        let decision = ScheduleDecision(
            due: time, timing: timing, overlap: schedule.overlap, catchUp: schedule.catchUp, isBusy: isBusy,
            isWaiting: schedule.waitingAt != nil, now: now)
        (due, action, next) = (decision.due, decision.action, decision.next)
    }

    /// One that waited for its turn, which has come.
    init?(goingOn schedule: ScheduleDetail) {
        guard let due = schedule.waitingAt else { return nil }
        self.schedule = schedule
        self.due = due
        action = .start
        next = schedule.nextAt
        waited = true
        isManual = false
    }

    /// One that somebody asks for: it starts at once, and the schedule goes on as if nothing had been.
    init(manual schedule: ScheduleDetail, at time: Int64) {
        self.schedule = schedule
        due = time
        action = .start
        next = schedule.nextAt
        waited = false
        isManual = true
    }

    mutating func refuse(_ detail: String) {
        action = .skip(.refused)
        self.detail = detail
    }

    /// Whether it is to be started now.
    var starts: Bool { action == .start && !isKnown }

    /// The task to submit now; nil when there is none.
    var task: NewTask? {
        guard starts, case .task(let task) = schedule.target else { return nil }
        return task
    }

    /// The run to start now; nil when there is none.
    var run: StartRun.Request? {
        guard starts, case .workflow(let workflow) = schedule.target else { return nil }
        return StartRun.Request(workflow: workflow.name, version: workflow.version, params: workflow.params)
    }

    var hasNewRow: Bool { !waited && !isKnown }

    /// The due time that waits afterwards.
    var waiting: Int64? {
        if waited { return nil }
        return action == .wait && !isKnown ? due : schedule.waitingAt
    }

    /// The last due time that was dealt with, afterwards.
    var last: Int64? { isManual ? schedule.lastAt : max(due, schedule.lastAt ?? due) }

    var outcome: ScheduleFiring.Outcome {
        switch action {
        case .start: .fired
        case .wait: .waiting
        case .skip: .skipped
        }
    }

    var reason: ScheduleSkip? {
        switch action {
        case .start, .wait: nil
        case .skip(let reason): reason
        }
    }
}

import JSONText
import Storage

/// What starting a schedule by hand led to.
package enum ScheduleRun: Sendable {
    /// A task was submitted or a run started; one of the two is nil. `isReplay`: by an earlier request with the same key.
    case started(task: Int64?, run: Int64?, changes: [TaskChange], isReplay: Bool)
    /// The tenant has no such schedule.
    case unknown
    /// It cannot be started, for this reason.
    case refused(String)

    init(_ result: RunSchedule.Result) {
        switch result {
        case .started(let firing, let changes): self = .started(task: firing.task, run: firing.run, changes: changes, isReplay: false)
        case .unknown: self = .unknown
        case .refused(let reason): self = .refused(reason)
        }
    }

    /// What is kept for the case that the request is sent again: `{"task": 1}`, `{"run": 2}`. Nil for what is not kept.
    var answer: String? {
        guard case .started(let task, let run, _, _) = self else { return nil }
        var writer = JSONWriter(capacity: 32)
        writer.object { object in
            if let task { object.field("task", task) }
            if let run { object.field("run", run) }
        }
        return writer.text
    }

    init(answer: String) {
        let members = StoredJSON.members(answer)
        let ids = Dictionary(
            members.compactMap { member in member.value.int64.map { (member.key, $0) } }, uniquingKeysWith: { first, _ in first })
        self = .started(task: ids["task"], run: ids["run"], changes: [], isReplay: true)
    }
}

extension WriteSchedule.Result {
    /// What is kept of a schedule that was made; nil for a refusal.
    var answer: String? {
        guard case .written(let schedule, _) = self else { return nil }
        return "\(schedule.id)"
    }

    /// The schedule that an earlier request made, as it is now.
    init(answer: String, tenant: String, on connection: any Connection) throws {
        let found = try ReadSchedules.one(ScheduleKey(answer), tenant: tenant, on: connection)
        self = found.map { .written($0, isReplay: true) } ?? .unknown
    }
}

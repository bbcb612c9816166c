import Storage
import TaskEngine
import TestSupport

/// Whole minutes, as schedules in tests are due.
func minutes(_ count: Int64) -> Int64 { count * 60_000_000 }

extension ScheduleDefinition {
    /// Due at every whole minute, submits ``NewTask/sample(tenant:type:queue:priority:input:runAt:maxRetries:tags:metadata:uniqueKey:expiresAt:)``.
    static func sample(
        _ name: String = "nightly", timing: ScheduleTiming = .interval(milliseconds: 60_000, anchor: 0), task: NewTask = .sample(),
        overlap: ScheduleOverlap = .skip, catchUp: ScheduleCatchUp = .latest, isPaused: Bool = false
    ) -> ScheduleDefinition {
        ScheduleDefinition(name: name, timing: timing, target: .task(task), overlap: overlap, catchUp: catchUp, isPaused: isPaused)
    }
}

/// Each transition in a transaction of its own, as the shell calls it.
extension Database {
    func schedule(_ definition: ScheduleDefinition = .sample(), tenant: String = "acme", now: Int64 = 0) async throws -> ScheduleDetail {
        let result = try await write { try WriteSchedule.create(definition, tenant: tenant, now: now, on: $0) }
        guard case .written(let schedule, _) = result else { throw FixtureError("the schedule was not made: \(result)") }
        return schedule
    }

    func change(_ schedule: ScheduleDetail, _ change: ScheduleChange, now: Int64) async throws -> ScheduleDetail {
        let result = try await write {
            try WriteSchedule.change(.id(schedule.id), change, tenant: schedule.tenant, now: now, on: $0)
        }
        guard case .written(let schedule, _) = result else { throw FixtureError("the schedule was not changed: \(result)") }
        return schedule
    }

    /// Returns the ids of the tasks that were submitted.
    func fire(now: Int64, limit: Int = FireSchedules.largestBatch) async throws -> [Int64] {
        try await write { try FireSchedules.fire(now: now, limit: limit, on: $0) }.changes.map(\.id)
    }

    func reread(_ schedule: ScheduleDetail) async throws -> ScheduleDetail {
        let found = try await read { try ReadSchedules.one(.id(schedule.id), tenant: schedule.tenant, on: $0) }
        guard let found else { throw FixtureError("the schedule is gone") }
        return found
    }

    /// Oldest first.
    func firings(of schedule: ScheduleDetail) async throws -> [ScheduleFiring] {
        try await read { try ReadSchedules.firings(of: schedule.id, tenant: schedule.tenant, limit: 10_000, on: $0) }.reversed()
    }

    /// By the minute they were due at: `10 fired`, `11 skipped overlap`, …
    func history(of schedule: ScheduleDetail) async throws -> [String] {
        try await firings(of: schedule).map { firing in
            "\(firing.dueAt / 60_000_000) \(firing.outcome.rawValue)" + (firing.reason.map { " \($0.rawValue)" } ?? "")
        }
    }

    /// Claims the only ready task and completes it.
    func completeNext(worker: Int64, now: Int64) async throws {
        let claimed = try await claim(worker: worker, now: now)
        let changes = try await write { try Settle.settle(claimed.map { .init(task: $0) }, [], now: now, on: $0) }
        guard claimed.count == 1, !changes.isEmpty else { throw FixtureError("nothing to complete") }
    }
}

import Storage
import TaskEngine
import TestSupport

/// Schedules, those who write them, and the schedulers of all processes.
extension Simulation {
    /// A due time of a schedule.
    struct Due: Hashable, Sendable {
        let schedule: Int64
        let at: Int64
    }

    /// A firing that was not there before.
    private struct Fired: Sendable {
        let due: Due
        let task: Int64
        /// What the schedule had started last, and whether it may run beside it.
        let former: Int64?
        let overlap: ScheduleOverlap
    }

    private struct Round: Sendable {
        let changes: [TaskChange]
        let fired: [Fired]
    }

    mutating func makeSchedules() async throws {
        for overlap in ScheduleOverlap.allCases { try await makeSchedule(overlap.rawValue, overlap: overlap) }
    }

    private mutating func makeSchedule(_ name: String, overlap: ScheduleOverlap) async throws {
        let (tenant, time) = (Self.tenants[0], now)
        let definition = ScheduleDefinition(
            name: name, timing: .interval(milliseconds: Int64.random(in: 1...20, using: &random) * 1000, anchor: now),
            target: .task(.sample(tenant: tenant)), overlap: overlap, catchUp: chance(50) ? .latest : .none)
        _ = try await transaction { try WriteSchedule.create(definition, tenant: tenant, now: time, on: $0) }
    }

    /// Whichever process comes first.
    mutating func fireSchedules() async throws {
        let (core, time, limit) = (core, now, Int.random(in: 1...4, using: &random))
        let round = try await transaction { connection in
            let before = try Self.state(connection)
            let changes = try core.fire(time, limit, connection)
            return Round(changes: changes, fired: try Self.fired(since: before, connection))
        }
        guard let round else { return }
        log.append("fired \(round.fired.map { "\($0.due.schedule) at \($0.due.at): \($0.task)" })")
        try ledger.submitted(round.changes)
        guard Set(round.changes.map(\.id)) == Set(round.fired.map(\.task)) else {
            throw Broken("schedules announced \(round.changes.map(\.id)), and their firings name \(round.fired.map(\.task))")
        }
        for firing in round.fired { try judge(firing) }
    }

    private mutating func judge(_ firing: Fired) throws {
        guard firedDues.insert(firing.due).inserted else {
            throw Broken("schedule \(firing.due.schedule) fired twice at \(firing.due.at)")
        }
        // A due time that waited for its turn may be ahead of a clock that was set back meanwhile.
        guard firing.due.at <= max(now, latest) else { throw Broken("schedule \(firing.due.schedule) fired before it was due") }
        guard firing.overlap != .allow, let former = firing.former, let entry = ledger.entries[former] else { return }
        guard entry.state.isTerminal else {
            throw Broken("schedule \(firing.due.schedule) fired while task \(former) was \(entry.state)")
        }
    }

    /// Somebody starts, pauses, resumes, changes, deletes or makes one.
    mutating func handleSchedules() async throws {
        guard let name = ScheduleOverlap.allCases.randomElement(using: &random)?.rawValue else { return }
        let (key, tenant, time) = (ScheduleKey.name(name), Self.tenants[0], now)
        var change = ScheduleChange()
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return try await runSchedule(key)
        case 1: change.isPaused = true
        case 2, 3: change.isPaused = false
        case 4: change.timing = .interval(milliseconds: Int64.random(in: 1...20, using: &random) * 1000, anchor: now)
        default:
            _ = try await transaction { try WriteSchedule.delete(key, tenant: tenant, on: $0) }
            return try await makeSchedule(name, overlap: ScheduleOverlap(rawValue: name) ?? .skip)
        }
        _ = try await transaction { [change] in try WriteSchedule.change(key, change, tenant: tenant, now: time, on: $0) }
        log.append("changed schedule \(name): \(change)")
    }

    private mutating func runSchedule(_ key: ScheduleKey) async throws {
        let (tenant, time) = (Self.tenants[0], now)
        let result = try await transaction { try RunSchedule.run(key, tenant: tenant, Workflows(), now: time, on: $0) }
        guard case .started(let firing, let changes) = result else { return }
        log.append("ran a schedule by hand: \(changes.map(\.id))")
        guard changes.map(\.id) == [firing.task] else { throw Broken("run by hand announced \(changes)") }
        try ledger.submitted(changes)
    }

    /// Nothing more is started.
    mutating func pauseSchedules() async throws {
        let (tenant, time) = (Self.tenants[0], now)
        for overlap in ScheduleOverlap.allCases {
            _ = try await database.write {
                try WriteSchedule.change(.name(overlap.rawValue), .init(isPaused: true), tenant: tenant, now: time, on: $0)
            }
        }
    }

    // MARK: - What is stored

    private typealias State = [Int64: (last: Int64?, overlap: ScheduleOverlap, tasks: Set<Int64>)]

    private static func state(_ connection: any Connection) throws -> State {
        var state: State = [:]
        let schedules = try connection.rows("SELECT id, last_task, overlap FROM schedules") { row in
            (row.int(0), row.intOrNil(1), ScheduleOverlap(rawValue: row.text(2)) ?? .allow)
        }
        for (id, last, overlap) in schedules { state[id] = (last, overlap, []) }
        for (due, task) in try firings(connection) { state[due.schedule]?.tasks.insert(task) }
        return state
    }

    private static func fired(since before: State, _ connection: any Connection) throws -> [Fired] {
        try firings(connection).compactMap { due, task in
            guard let former = before[due.schedule], !former.tasks.contains(task) else { return nil }
            return Fired(due: due, task: task, former: former.last, overlap: former.overlap)
        }
    }

    private static func firings(_ connection: any Connection) throws -> [(Due, Int64)] {
        try connection.rows(
            "SELECT schedule_id, due_at, task_id FROM schedule_firings WHERE task_id IS NOT NULL ORDER BY schedule_id, number"
        ) { (Due(schedule: $0.int(0), at: $0.int(1)), $0.int(2)) }
    }
}

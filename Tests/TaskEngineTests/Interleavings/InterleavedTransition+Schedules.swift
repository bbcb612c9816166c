import Storage
import TaskEngine
import TestSupport

extension InterleavedTransition {
    private static let now = InterleavingWorld.now

    /// What schedulers and those who write schedules do.
    static let schedules: [InterleavedTransition] = [
        changing("fire schedules") { _, connection in try FireSchedules.fire(now: now, on: connection).changes },
        changing("fire a schedule") { _, connection in try FireSchedules.fire(now: now, limit: 1, on: connection).changes },
        changing("run a schedule") { world, connection in
            let result = try RunSchedule.run(
                .id(world.schedules[0]), tenant: InterleavingWorld.tenant, Workflows(), now: now, on: connection)
            guard case .started(_, let changes) = result else { return [] }
            return changes
        },
        quiet("make a schedule") { _, connection in
            _ = try WriteSchedule.create(
                InterleavingWorld.schedule("new", overlap: .skip), tenant: InterleavingWorld.tenant, now: now, on: connection)
        },
        quiet("pause schedules") { world, connection in
            for id in world.schedules.prefix(2).reversed() { try change(id, .init(isPaused: true), connection) }
        },
        quiet("change a schedule") { world, connection in
            try change(world.schedules[1], .init(timing: .interval(milliseconds: 1000, anchor: 0)), connection)
        },
        quiet("delete a schedule") { world, connection in
            _ = try WriteSchedule.delete(.id(world.schedules[1]), tenant: InterleavingWorld.tenant, on: connection)
        },
    ]

    private static func change(_ id: Int64, _ change: ScheduleChange, _ connection: any Connection) throws {
        _ = try WriteSchedule.change(.id(id), change, tenant: InterleavingWorld.tenant, now: now, on: connection)
    }
}

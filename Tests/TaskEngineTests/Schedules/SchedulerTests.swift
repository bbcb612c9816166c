import Logging
import ServiceLifecycle
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("The scheduler", .timeLimit(.minutes(5)))
struct SchedulerTests {
    private struct Rig {
        let database: any Database
        let clock = TestClock(minutes(1))
        let hub: ChangeHub
        let service: ScheduleService
        let scheduler: Scheduler
        let submitted = TestSignal<Int64>()

        init(_ database: any Database) {
            self.database = database
            hub = ChangeHub(database: database)
            let engineClock = EngineClock(now: { [clock] in clock.now })
            let tasks = TaskService(
                database: database, registry: TaskRegistry(), settings: EngineSettings(), hub: hub, clock: engineClock)
            service = ScheduleService(tasks: tasks)
            scheduler = Scheduler(database: database, hub: hub, workflows: Workflows(), clock: engineClock, logger: .silent)
            hub.subscribe { [submitted] changes in
                for change in changes where change.state == .queued { submitted.send(change.id) }
            }
        }
    }

    @Test("it sleeps until the next due time, and not for long", arguments: DatabaseKind.available)
    func pauses(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let rig = Rig(database)
            #expect(await rig.scheduler.look() == (kind == .sqlite ? .seconds(3600) : .seconds(2)))
            _ = try await database.schedule(now: minutes(1))
            #expect(await rig.scheduler.look() == .seconds(2))
            rig.clock.now = minutes(2) - 300_000
            #expect(await rig.scheduler.look() == .milliseconds(300))
            rig.clock.now = minutes(2)
            #expect(await rig.scheduler.look() == .seconds(2))
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 1)
        }
    }

    @Test("more than a batch is fired in one look", arguments: DatabaseKind.available)
    func batches(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let rig = Rig(database)
            try await database.write { connection in
                for index in 0..<FireSchedules.largestBatch * 2 + 1 {
                    _ = try WriteSchedule.create(.sample("s\(index)"), tenant: "acme", now: minutes(1), on: connection)
                }
            }
            rig.clock.now = minutes(2)
            _ = await rig.scheduler.look()
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == FireSchedules.largestBatch * 2 + 1)
        }
    }

    @Test("a schedule that is written wakes it, and so does the end of a task that a due time waits for", arguments: DatabaseKind.available)
    func wakes(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let rig = Rig(database)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await rig.scheduler.run() }
                // On SQLite it would sleep for an hour now; the clock is where the schedule is due at once.
                let made = try await rig.service.create(
                    .sample(timing: .interval(milliseconds: 1000, anchor: 0), overlap: .queueOne), tenant: "acme")
                guard case .written(let schedule, _) = made else {
                    Issue.record("not made")
                    return
                }
                rig.clock.advance(by: .seconds(1))
                _ = try await rig.service.change(.id(schedule.id), .init(catchUp: .latest), tenant: "acme")
                try await rig.submitted.wait(for: 1)
                rig.clock.advance(by: .seconds(1))
                _ = try await rig.service.change(.id(schedule.id), .init(catchUp: .latest), tenant: "acme")
                while try await database.reread(schedule).waitingAt == nil { await Task.yield() }
                let claimed = try await database.claim(worker: worker, now: rig.clock.now)
                rig.hub.announce(try await database.complete(claimed, now: rig.clock.now))
                try await rig.submitted.wait(for: 2)
                #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 2)
                group.cancelAll()
            }
        }
    }
}

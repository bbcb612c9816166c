import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Writing schedules", .timeLimit(.minutes(5)))
struct WriteScheduleTests {
    @Test("a name is taken once per tenant", arguments: DatabaseKind.available)
    func names(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let first = try await database.schedule()
            let again = try await database.write { try WriteSchedule.create(.sample(), tenant: "acme", now: 0, on: $0) }
            guard case .nameTaken = again else {
                Issue.record("made again: \(again)")
                return
            }
            let others = try await database.schedule(tenant: "initech")
            #expect(others.id != first.id)
            let found = try await database.read { try ReadSchedules.one(.name("nightly"), tenant: "acme", on: $0) }
            #expect(found?.id == first.id)
            #expect(try await database.read { try ReadSchedules.one(.id(others.id), tenant: "acme", on: $0) } == nil)
            #expect(try await database.read { try ReadSchedules.firings(of: others.id, tenant: "acme", limit: 9, on: $0) }.isEmpty)
        }
    }

    @Test("what is written is what is read", arguments: DatabaseKind.available)
    func roundTrip(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let timing = try ScheduleTiming.cron(CronExpression("30 9 * * mon-fri"), #require(ScheduleZone("Europe/Berlin")))
            let schedule = try await database.schedule(
                .sample(timing: timing, task: .sample(priority: 2, maxRetries: 7), overlap: .queueOne, catchUp: .none, isPaused: true))
            #expect(schedule.timing == .success(timing) && schedule.overlap == .queueOne && schedule.catchUp == .none && schedule.isPaused)
            #expect(schedule.nextAt == nil && schedule.nextTimes(5).isEmpty)
            guard case .task(let task) = schedule.target else {
                Issue.record("no task")
                return
            }
            #expect(task.priority == 2 && task.maxRetries == 7 && task.queue == "default" && task.tenant == "acme")
        }
    }

    @Test("a queue that does not exist is refused", arguments: DatabaseKind.available)
    func unknownQueue(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let result = try await database.write {
                try WriteSchedule.create(.sample(task: .sample(queue: "gone")), tenant: "acme", now: 0, on: $0)
            }
            guard case .unknownQueue("gone") = result else {
                Issue.record("\(result)")
                return
            }
            #expect(try await database.count("SELECT COUNT(*) FROM schedules") == 0)
        }
    }

    @Test("a pause forgets what it was due for, and what waited", arguments: DatabaseKind.available)
    func pause(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let schedule = try await database.schedule(.sample(overlap: .queueOne))
            for minute in 1...2 { _ = try await database.fire(now: minutes(Int64(minute))) }
            let paused = try await database.change(schedule, .init(isPaused: true), now: minutes(2) + 1)
            #expect(paused.isPaused && paused.nextAt == nil && paused.waitingAt == nil)
            try await database.completeNext(worker: worker, now: minutes(3))
            #expect(try await database.fire(now: minutes(50)).isEmpty)
            let resumed = try await database.change(schedule, .init(isPaused: false), now: minutes(50) + 1)
            #expect(!resumed.isPaused && resumed.nextAt == minutes(51))
            #expect(try await database.fire(now: minutes(51)).count == 1)
            #expect(try await database.history(of: schedule) == ["1 fired", "2 skipped paused", "51 fired"])
        }
    }

    @Test("a change of something else leaves the next due time where it was", arguments: DatabaseKind.available)
    func change(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let schedule = try await database.schedule(now: minutes(3))
            let allowing = try await database.change(schedule, .init(overlap: .allow), now: minutes(9))
            #expect(allowing.nextAt == minutes(4) && allowing.overlap == .allow && allowing.updatedAt == minutes(9))
            #expect(allowing.version == schedule.version + 1)
            let hourly = try await database.change(schedule, .init(timing: .cron(CronExpression("@hourly"), .utc)), now: minutes(9))
            #expect(hourly.nextAt == minutes(60) && hourly.nextTimes(2) == [minutes(60), minutes(120)])
            let other = try await database.change(schedule, .init(target: .task(.sample(type: "test.other"))), now: minutes(9))
            guard case .task(let task) = other.target else { return }
            #expect(task.type == "test.other" && other.nextAt == minutes(60) && other.timing == hourly.timing)
        }
    }

    @Test("deleting takes the firings with it and leaves the tasks", arguments: DatabaseKind.available)
    func delete(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let schedule = try await database.schedule()
            let ids = try await database.fire(now: minutes(1))
            #expect(try await database.write { try WriteSchedule.delete(.name("nightly"), tenant: "initech", on: $0) } == false)
            #expect(try await database.write { try WriteSchedule.delete(.name("nightly"), tenant: "acme", on: $0) })
            #expect(try await database.write { try WriteSchedule.delete(.id(schedule.id), tenant: "acme", on: $0) } == false)
            #expect(try await database.count("SELECT COUNT(*) FROM schedule_firings") == 0)
            #expect(try await database.task(ids[0]).state == .queued)
            #expect(try await database.fire(now: minutes(2)).isEmpty)
        }
    }

    @Test("started by hand, it goes on as if nothing had been", arguments: DatabaseKind.available)
    func byHand(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let schedule = try await database.schedule()
            let scheduled = try await database.fire(now: minutes(1))
            func run(now: Int64) async throws -> ScheduleFiring? {
                let result = try await database.write {
                    try RunSchedule.run(.name("nightly"), tenant: "acme", Workflows(), now: now, on: $0)
                }
                guard case .started(let firing, let changes) = result, changes.count == 1 else { return nil }
                return firing
            }
            // At a due time that is still to come, and twice in one microsecond.
            let first = try #require(try await run(now: minutes(2)))
            let second = try #require(try await run(now: minutes(2)))
            #expect(first.dueAt == minutes(2) + 1 && second.dueAt == minutes(2) + 2 && first.task != second.task)
            let after = try await database.reread(schedule)
            #expect(after.lastTask == scheduled[0] && after.lastAt == minutes(1) && after.nextAt == minutes(2))
            _ = try await database.change(schedule, .init(overlap: .allow), now: minutes(2))
            #expect(try await database.fire(now: minutes(2)).count == 1)
            let firings = try await database.firings(of: schedule)
            #expect(firings.map(\.isManual) == [false, true, true, false] && firings.map(\.number) == [1, 2, 3, 4])
            #expect(try await database.fire(now: minutes(3)).count == 1)
        }
    }
}

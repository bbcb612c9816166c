import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Firing schedules", .timeLimit(.minutes(5)))
struct FireSchedulesTests {
    @Test("a due time submits its task, once", arguments: DatabaseKind.available)
    func once(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let task = NewTask.sample(input: #"{"a":1}"#, tags: #"["t"]"#, metadata: #"{"m":"x"}"#)
            let schedule = try await database.schedule(.sample(task: task), now: minutes(9) + 5)
            #expect(schedule.nextAt == minutes(10))
            #expect(try await database.fire(now: minutes(10) - 1).isEmpty)
            let ids = try await database.fire(now: minutes(10))
            #expect(ids.count == 1)
            #expect(try await database.fire(now: minutes(10)).isEmpty)
            let submitted = try await database.task(ids[0])
            #expect(submitted.state == .queued && submitted.tenant == "acme" && submitted.type == "test.sample")
            let detail = try await database.read { try ReadTask.detail(ids[0], tenant: "acme", on: $0) }
            #expect(detail?.input == #"{"a":1}"# && detail?.summary.tags == #"["t"]"# && detail?.metadata == #"{"m":"x"}"#)
            let after = try await database.reread(schedule)
            #expect(
                after.nextAt == minutes(11) && after.lastAt == minutes(10) && after.lastTask == ids[0] && after.version > schedule.version)
            let firing = try #require(try await database.firings(of: schedule).first)
            #expect(firing.outcome == .fired && firing.task == ids[0] && firing.decidedAt == minutes(10) && !firing.isManual)
        }
    }

    @Test("many processes at once fire every due time once", arguments: DatabaseKind.available)
    func manyProcesses(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            var schedules: [ScheduleDetail] = []
            for index in 0..<20 { schedules.append(try await database.schedule(.sample("s\(index)", overlap: .allow))) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for process in 0..<8 {
                    group.addTask {
                        for step in 1...12 { _ = try await database.fire(now: minutes(Int64(step)), limit: 3 + process) }
                    }
                }
                try await group.waitForAll()
            }
            while try await !database.fire(now: minutes(12)).isEmpty {}
            for schedule in schedules {
                let firings = try await database.firings(of: schedule)
                // A process that was ahead of the others had due times missed, of which one stands for all.
                #expect(Set(firings.map(\.dueAt)).count == firings.count && firings.last?.dueAt == minutes(12))
                #expect(firings.map(\.number) == (1...Int64(firings.count)).map(\.self))
                #expect(Set(firings.compactMap(\.task)).count == firings.filter { $0.outcome == .fired }.count)
            }
            let fired = try await database.count("SELECT COUNT(*) FROM schedule_firings WHERE outcome = 'fired'")
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == fired)
        }
    }

    @Test("skip passes over due times while the last task is unfinished", arguments: DatabaseKind.available)
    func skip(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let schedule = try await database.schedule(.sample(overlap: .skip))
            _ = try await database.fire(now: minutes(1))
            _ = try await database.fire(now: minutes(2))
            try await database.completeNext(worker: worker, now: minutes(2) + 1)
            _ = try await database.fire(now: minutes(3))
            #expect(try await database.history(of: schedule) == ["1 fired", "2 skipped overlap", "3 fired"])
        }
    }

    @Test("queue_one keeps one due time until the last task has ended", arguments: DatabaseKind.available)
    func queueOne(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let schedule = try await database.schedule(.sample(overlap: .queueOne))
            for minute in 1...3 { _ = try await database.fire(now: minutes(Int64(minute))) }
            #expect(try await database.history(of: schedule) == ["1 fired", "2 waiting", "3 skipped overlap"])
            #expect(try await database.reread(schedule).waitingAt == minutes(2))
            #expect(try await database.fire(now: minutes(3) + 5).isEmpty)
            try await database.completeNext(worker: worker, now: minutes(3) + 6)
            let second = try await database.fire(now: minutes(3) + 7)
            #expect(second.count == 1)
            let after = try await database.reread(schedule)
            #expect(after.waitingAt == nil && after.lastTask == second[0] && after.nextAt == minutes(4))
            #expect(try await database.history(of: schedule) == ["1 fired", "2 fired", "3 skipped overlap"])
            _ = try await database.fire(now: minutes(4))
            #expect(try await database.history(of: schedule).last == "4 waiting", "the second one is unfinished")
        }
    }

    @Test("when the last one ends and the next is due at once, both keep their order", arguments: DatabaseKind.available)
    func queueOneAndDue(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let schedule = try await database.schedule(.sample(overlap: .queueOne))
            for minute in 1...2 { _ = try await database.fire(now: minutes(Int64(minute))) }
            try await database.completeNext(worker: worker, now: minutes(2) + 1)
            #expect(try await database.fire(now: minutes(3)).count == 1)
            #expect(try await database.history(of: schedule) == ["1 fired", "2 fired", "3 waiting"])
        }
    }

    @Test("allow starts one beside the other", arguments: DatabaseKind.available)
    func allow(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let schedule = try await database.schedule(.sample(overlap: .allow))
            for minute in 1...3 { _ = try await database.fire(now: minutes(Int64(minute))) }
            #expect(try await database.history(of: schedule) == ["1 fired", "2 fired", "3 fired"])
        }
    }

    @Test("after an absence the latest due time fires once, or none does", arguments: DatabaseKind.available)
    func absence(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let latest = try await database.schedule(.sample("latest", catchUp: .latest))
            let none = try await database.schedule(.sample("none", catchUp: .none))
            #expect(try await database.fire(now: minutes(100) + 30_000_000).count == 1)
            #expect(try await database.fire(now: minutes(100) + 30_000_000).isEmpty)
            #expect(try await database.history(of: latest) == ["100 fired"])
            #expect(try await database.history(of: none) == ["1 skipped missed"])
            #expect(try await database.fire(now: minutes(101)).count == 1, "the first one's task is unfinished")
            #expect(try await database.history(of: none) == ["1 skipped missed", "101 fired"])
        }
    }

    @Test(
        "a clock that is set back fires nothing twice, and one that was ahead has taken the place of what follows",
        arguments: DatabaseKind.available)
    func clockSetBack(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let schedule = try await database.schedule(.sample(overlap: .allow))
            _ = try await database.fire(now: minutes(5))
            _ = try await database.fire(now: minutes(5))
            for minute in 1...5 { #expect(try await database.fire(now: minutes(Int64(minute))).isEmpty) }
            // Written anew while the clock is behind: what was dealt with does not come again.
            let changed = try await database.change(schedule, .init(timing: .interval(milliseconds: 30_000, anchor: 0)), now: minutes(1))
            #expect(changed.nextAt == minutes(5) + 30_000_000)
            #expect(try await database.firings(of: schedule).filter { $0.outcome == .fired }.map(\.dueAt) == [minutes(5)])
        }
    }

    @Test("a due time that has a firing already does not come again and does not stand in the way", arguments: DatabaseKind.available)
    func known(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let schedule = try await database.schedule(.sample(overlap: .allow))
            let other = try await database.schedule(.sample("other", overlap: .allow))
            _ = try await database.fire(now: minutes(1))
            try await database.write { _ = try $0.execute("UPDATE schedules SET next_at = \(minutes(1)) WHERE id = \(schedule.id)") }
            #expect(try await database.fire(now: minutes(2)).count == 1, "the other one's")
            #expect(try await database.history(of: schedule) == ["1 fired"])
            #expect(try await database.history(of: other) == ["1 fired", "2 fired"])
            #expect(try await database.reread(schedule).nextAt == minutes(2))
        }
    }

    @Test("a queue that is gone is said, and the others fire", arguments: DatabaseKind.available)
    func unknownQueue(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            try await database.insertQueue("old")
            let broken = try await database.schedule(.sample("broken", task: .sample(queue: "old")))
            let fine = try await database.schedule(.sample("fine"))
            try await database.write { _ = try $0.execute("DELETE FROM queues WHERE name = 'old'") }
            #expect(try await database.fire(now: minutes(1)).count == 1)
            #expect(try await database.history(of: broken) == ["1 skipped refused"])
            #expect(try await database.firings(of: broken).first?.detail == "there is no queue 'old'")
            #expect(try await database.history(of: fine) == ["1 fired"])
            #expect(try await database.reread(broken).nextAt == minutes(2))
        }
    }

    @Test("due times that cannot be read stop their schedule, which is named, and no other", arguments: DatabaseKind.available)
    func unreadable(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let timing = ScheduleTiming.cron(try CronExpression("* * * * *"), .utc)
            let (zone, cron) = try await (
                database.schedule(.sample("zone", timing: timing)), database.schedule(.sample("cron", timing: timing))
            )
            let fine = try await database.schedule(.sample("fine", timing: timing))
            try await database.write { connection in
                try connection.execute("UPDATE schedules SET zone = 'Mars/Phobos' WHERE id = \(zone.id)")
                try connection.execute("UPDATE schedules SET cron = '61 * * * *' WHERE id = \(cron.id)")
            }
            let result = try await database.write { try FireSchedules.fire(now: minutes(1), on: $0) }
            #expect(result.changes.count == 1)
            #expect(result.unreadable.map(\.name) == ["zone", "cron"])
            #expect(try await database.history(of: fine) == ["1 fired"])
            for schedule in [zone, cron] {
                #expect(try await database.reread(schedule).nextAt == nil)
                #expect(try await database.history(of: schedule) == ["1 skipped refused"])
            }
            let details = try await (database.firings(of: zone).first?.detail, database.firings(of: cron).first?.detail)
            #expect(
                details.0
                    == "the due times of schedule \(zone.id) 'zone' cannot be read: this program knows no time zone 'Mars/Phobos'; write them anew"
            )
            #expect(details.1?.contains("schedule \(cron.id) 'cron'") == true && details.1?.contains("'61 * * * *'") == true)
            // The list shows them all.
            let page = try await database.read { try ReadSchedules.page(tenant: "acme", limit: 10, on: $0) }
            #expect(page.rows.map(\.name) == ["cron", "fine", "zone"])
            #expect(try await database.fire(now: minutes(2)).count == 0, "the one that is fine is busy")
        }
    }

    @Test("the last few hundred firings are kept", arguments: DatabaseKind.available)
    func bounded(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let schedule = try await database.schedule(.sample(overlap: .allow))
            let other = try await database.schedule(.sample("other", overlap: .skip))
            let most = FireSchedules.keptFirings
            try await database.write { connection in
                for minute in 1...most + 3 { _ = try FireSchedules.fire(now: minutes(minute), on: connection) }
            }
            let firings = try await database.firings(of: schedule)
            #expect(firings.map(\.number) == Array(4...most + 3))
            #expect(try await database.firings(of: other).count == Int(most))
        }
    }
}

import Storage
import TaskEngine
import TestSupport
import Testing

/// Two processes fire one schedule, and the statement that takes it stands still for a moment in one of them: between its look at
/// the rows and its lock.
@Suite(
    "A schedule that two processes fire", .serialized, .enabled(if: PostgresSchema.isAvailable, "\(PostgresSchema.reason)"),
    .timeLimit(.minutes(2)))
struct ScheduleStallTests {
    @Test("what the other one starts in that moment counts as unfinished", arguments: [ScheduleOverlap.skip, .queueOne])
    func stalls(_ overlap: ScheduleOverlap) async throws {
        try await withDatabasePlace(.postgres) { place in
            let (quick, slow, observer) = try await (place.open(poolSize: 1), place.open(poolSize: 1), place.open())
            defer { for database in [quick, slow, observer] { database.close() } }
            try await place.migrate(observer)
            try await observer.insertQueue()
            let schedule = try await observer.schedule(.sample(overlap: overlap))
            try await standStill(slow, whenItLooks: quick)
            let watch = try await BlockWatch(slow, observer: observer)
            let late = Task { try await slow.fire(now: minutes(2)) }
            try await watch.untilDoneOrWaiting(late)
            #expect(try await quick.fire(now: minutes(1)).count == 1)
            try await quick.write { try $0.executeScript("SELECT pg_advisory_unlock(\(Self.lock))") }
            #expect(try await late.value.isEmpty)
            #expect(
                try await observer.history(of: schedule) == ["1 fired", overlap == .skip ? "2 skipped overlap" : "2 waiting"])
        }
    }

    @Test("a due time that waits goes on once, although another one waits when its turn has come")
    func waiting() async throws {
        try await withDatabasePlace(.postgres) { place in
            let (quick, slow, observer) = try await (place.open(poolSize: 1), place.open(poolSize: 1), place.open())
            defer { for database in [quick, slow, observer] { database.close() } }
            try await place.migrate(observer)
            try await observer.insertQueue()
            let worker = try await observer.insertWorker()
            let schedule = try await observer.schedule(.sample(overlap: .queueOne))
            for minute in 1...2 { _ = try await observer.fire(now: minutes(Int64(minute))) }
            try await observer.completeNext(worker: worker, now: minutes(2))
            #expect(try await observer.history(of: schedule) == ["1 fired", "2 waiting"])
            try await standStill(slow, whenItLooks: quick)
            let watch = try await BlockWatch(slow, observer: observer)
            let late = Task { try await slow.fire(now: minutes(2)) }
            try await watch.untilDoneOrWaiting(late)
            // The waiting one goes on, and the next due time waits for it.
            #expect(try await quick.fire(now: minutes(3)).count == 1)
            try await quick.write { try $0.executeScript("SELECT pg_advisory_unlock(\(Self.lock))") }
            #expect(try await late.value.isEmpty)
            #expect(try await observer.history(of: schedule) == ["1 fired", "2 fired", "3 waiting"])
        }
    }

    private static let lock = "815"

    /// From now on `database` waits for `holder` at each schedule that its statements come to, until that unlocks.
    private func standStill(_ database: any Database, whenItLooks holder: any Database) async throws {
        try await holder.write { connection in
            try connection.executeScript(
                """
                ALTER TABLE schedules RENAME TO kept_schedules;
                CREATE FUNCTION stands_still() RETURNS boolean VOLATILE LANGUAGE plpgsql AS $$
                BEGIN
                    IF current_setting('millrace.stands_still', true) = 'on' THEN PERFORM pg_advisory_xact_lock(\(Self.lock)); END IF;
                    RETURN true;
                END $$;
                CREATE VIEW schedules AS SELECT * FROM kept_schedules WHERE stands_still();
                """)
            try connection.executeScript("SELECT pg_advisory_lock(\(Self.lock))")
        }
        try await database.write { try $0.executeScript("SET millrace.stands_still = 'on'") }
    }
}

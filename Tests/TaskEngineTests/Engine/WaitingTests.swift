import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Waiting for the end of a task", .timeLimit(.minutes(5)))
struct WaitingTests {
    /// A front door without an engine: nothing ends but by the test.
    private struct Place {
        let database: CountingDatabase
        let service: TaskService
        let worker: Int64

        /// - Parameter database: several places may share one, like processes.
        init(_ database: any Database) async throws {
            self.database = CountingDatabase(database)
            worker = try await database.insertWorker()
            service = TaskService(
                database: self.database, registry: TaskRegistry(), settings: EngineSettings(), hub: ChangeHub(database: database))
        }

        func submitAndClaim() async throws -> ClaimedTask {
            _ = try await database.submit(.sample())
            guard let task = try await database.claim(worker: worker).first else { throw FixtureError("nothing was claimed") }
            return task
        }

        /// Ends the task; only this place's own waiters are told.
        func complete(_ task: ClaimedTask, output: String? = nil) async throws {
            let changes = try await database.complete([task], output: output)
            #expect(changes.count == 1)
            service.announce(changes)
        }

        func wait(_ task: Int64, _ limit: Duration = .seconds(60), tenant: String = "acme", stop: WaitStop? = nil) async throws -> EndWait {
            try await service.waitForEnd(of: task, tenant: tenant, upTo: limit, stop: stop)
        }
    }

    private func withPlace(_ kind: DatabaseKind, _ body: (Place) async throws -> Void) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            try await body(try await Place(database))
        }
    }

    @Test("the end is told at once, with the result", arguments: DatabaseKind.available)
    func ends(_ kind: DatabaseKind) async throws {
        try await withPlace(kind) { place in
            let task = try await place.submitAndClaim()
            async let answer = place.wait(task.id)
            // The waiter has looked once, so it is counted in.
            try await place.database.reads.wait(for: 1)
            let begun = ContinuousClock.now
            try await place.complete(task, output: "42")
            let status = try #require(try await answer.endedStatus)
            #expect(status.output == "42")
            #expect(begun.duration(to: .now) < .seconds(4), "told, not found by looking")
        }
    }

    @Test("a task that ends between the first look and the wait is not missed", arguments: DatabaseKind.available)
    func noGap(_ kind: DatabaseKind) async throws {
        try await withPlace(kind) { place in
            for _ in 0..<30 {
                let task = try await place.submitAndClaim()
                async let answer = place.wait(task.id)
                async let completed: Void = place.complete(task)
                try await completed
                #expect(try await answer.endedStatus != nil)
            }
        }
    }

    @Test("a task that has ended is answered at once, and without a limit nothing is waited for", arguments: DatabaseKind.available)
    func noWait(_ kind: DatabaseKind) async throws {
        try await withPlace(kind) { place in
            let task = try await place.submitAndClaim()
            #expect(try await place.wait(task.id, .zero).unfinishedStatus?.state == .running)
            #expect(try await place.wait(task.id, .milliseconds(1)).unfinishedStatus?.state == .running)
            try await place.complete(task)
            #expect(try await place.wait(task.id).endedStatus?.state == .succeeded)
        }
    }

    @Test("a task that is not there, or another tenant's, is not waited for")
    func unknown() async throws {
        try await withPlace(.sqlite) { place in
            let task = try await place.submitAndClaim()
            guard case .unknown = try await place.wait(task.id + 1000) else { throw FixtureError("there is no such task") }
            guard case .unknown = try await place.wait(task.id, tenant: "other") else { throw FixtureError("not that tenant's") }
        }
    }

    @Test("a stop ends the wait, also one that came before it")
    func stops() async throws {
        try await withPlace(.sqlite) { place in
            let task = try await place.submitAndClaim()
            let early = WaitStop()
            early.stop()
            #expect(try await place.wait(task.id, stop: early).unfinishedStatus?.state == .running)
            let late = WaitStop()
            let before = place.database.reads.values.count
            async let answer = place.wait(task.id, stop: late)
            try await place.database.reads.wait(for: before + 1)
            late.stop()
            #expect(try await answer.unfinishedStatus?.state == .running)
        }
    }

    @Test("the cancellation of the one who waits ends the wait")
    func cancelled() async throws {
        try await withPlace(.sqlite) { place in
            let task = try await place.submitAndClaim()
            let waiting = Task { try await place.wait(task.id) }
            try await place.database.reads.wait(for: 1)
            waiting.cancel()
            _ = await waiting.result
        }
    }

    @Test("more than a thousand at once are refused, and each that leaves makes room")
    func tooMany() async throws {
        try await withPlace(.sqlite) { place in
            let task = try await place.submitAndClaim()
            let stop = TestSignal<WaitStop>()
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<1000 {
                    group.addTask {
                        let mine = WaitStop()
                        stop.send(mine)
                        return try await place.wait(task.id, stop: mine).endedStatus != nil
                    }
                }
                try await place.database.reads.wait(for: 1000)
                guard case .tooManyWaiters = try await place.wait(task.id) else { throw FixtureError("one too many was let in") }
                stop.values[0].stop()
                #expect(try await group.next() == false, "it was stopped")
                group.addTask { try await place.wait(task.id).endedStatus != nil }
                try await place.database.reads.wait(for: 1002)
                try await place.complete(task)
                var ended = 0
                for try await hasEnded in group where hasEnded { ended += 1 }
                #expect(ended == 1000)
            }
        }
    }

    @Test(
        "what another process ends is noticed, with one query for everybody who waits",
        .enabled(if: PostgresSchema.isAvailable, "\(PostgresSchema.reason)"))
    func otherProcess() async throws {
        try await withDatabase(.postgres) { database in
            try await database.insertQueue()
            let place = try await Place(database)
            let other = try await Place(database)
            let tasks = [try await place.submitAndClaim(), try await place.submitAndClaim(), try await place.submitAndClaim()]
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<30 {
                    group.addTask { try await place.wait(tasks[index % 3].id).endedStatus != nil }
                }
                // Each has looked once; then there are three common looks.
                try await place.database.reads.wait(for: 33)
                for task in tasks.dropLast() { try await other.complete(task) }
                for _ in 0..<20 { #expect(try await group.next() == true) }
                #expect(place.database.reads.values.count < 30 + 20 + 20, "a look of its own for each would be hundreds")
                // Whoever looked may have left: its successor goes on.
                try await other.complete(tasks[2])
                for _ in 0..<10 { #expect(try await group.next() == true) }
            }
            let after = place.database.reads.values.count
            let quiet = Task { try await place.database.reads.wait(for: after + 1, within: .milliseconds(1200)) }
            await #expect(throws: TimedOut.self, "nobody waits: nothing is looked for") { try await quiet.value }
        }
    }

    @Test(
        "one who waits looks soon at first, and seldom in the long run",
        .enabled(if: PostgresSchema.isAvailable, "\(PostgresSchema.reason)"))
    func growingIntervals() async throws {
        try await withDatabase(.postgres) { database in
            try await database.insertQueue()
            let place = try await Place(database)
            let task = try await place.submitAndClaim()
            var mostLooks = 0
            for _ in 0..<5 where mostLooks < 6 {
                let before = place.database.reads.values.count
                #expect(try await place.wait(task.id, .seconds(1)).unfinishedStatus != nil)
                let looks = place.database.reads.values.count - before
                // The first, at 20, 40, 80, 160, 320 and 640 ms, and the last: fewer when the machine is busy.
                #expect(looks <= 10, "every 20 ms would be fifty")
                mostLooks = max(mostLooks, looks)
            }
            #expect(mostLooks >= 6, "every 400 ms would be five, with the first and the last")
        }
    }

    @Test(
        "when the one who looks leaves, another looks",
        .enabled(if: PostgresSchema.isAvailable, "\(PostgresSchema.reason)"))
    func succession() async throws {
        try await withDatabase(.postgres) { database in
            try await database.insertQueue()
            let place = try await Place(database)
            let other = try await Place(database)
            let task = try await place.submitAndClaim()
            let stop = WaitStop()
            async let looker = place.wait(task.id, stop: stop)
            try await place.database.reads.wait(for: 2)
            async let follower = place.wait(task.id)
            try await place.database.reads.wait(for: 4)
            stop.stop()
            #expect(try await looker.unfinishedStatus != nil)
            try await other.complete(task)
            #expect(try await follower.endedStatus != nil)
        }
    }
}

extension EndWait {
    /// How it ended; nil for anything else.
    var endedStatus: TaskStatus? {
        if case .ended(let status) = self { status } else { nil }
    }

    /// How it stands; nil for anything else.
    var unfinishedStatus: TaskStatus? {
        if case .unfinished(let status) = self { status } else { nil }
    }
}

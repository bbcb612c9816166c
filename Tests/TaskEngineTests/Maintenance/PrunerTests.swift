import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("The pruner", .timeLimit(.minutes(5)))
struct PrunerTests {
    private let clock = TestClock()

    private func pruner(
        _ database: any Database, _ retention: Retention = Retention(), preparations: [Pruner.Preparation] = []
    ) -> Pruner {
        Pruner(
            database: database, retention: retention, preparations: preparations, clock: EngineClock(now: { [clock] in clock.now }),
            logger: .silent)
    }

    /// Succeeded now, with a result each.
    private func finished(_ count: Int, _ database: any Database, worker: Int64) async throws -> [Int64] {
        let now = clock.now
        let ids = try await database.submit((0..<count).map { _ in .sample() }, now: now)
        let tasks = try await database.claim(count, worker: worker, now: now)
        _ = try await database.complete(tasks, output: #"{"rows":1}"#, now: now)
        return ids
    }

    @Test("a pass deletes what is old, slice after slice, and leaves the rest", arguments: DatabaseKind.available)
    func pass(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await finished(2600, database, worker: worker)
            clock.advance(by: .seconds(90_000))
            let young = try await finished(10, database, worker: worker)
            var walk = Pruner.Walk()
            #expect(try await pruner(database).pass(&walk).tasks == 2600)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 10)
            #expect(try await database.count("SELECT COUNT(*) FROM task_results") == 10)
            #expect(try await database.task(young[0]).output == #"{"rows":1}"#)
            #expect(try await pruner(database).pass(&walk) == Pruner.Tally())
        }
    }

    @Test("failed tasks outlive succeeded ones, and are not looked at again with every pass", arguments: DatabaseKind.available)
    func failed(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let failed = try await database.submit(.sample(), now: clock.now)
            let claimed = try await database.claim(worker: worker, now: clock.now)
            _ = try await database.end(claimed[0], .fail, now: clock.now)
            _ = try await finished(5, database, worker: worker)
            var walk = Pruner.Walk()
            clock.advance(by: .seconds(2 * 86_400))
            #expect(try await pruner(database).pass(&walk).tasks == 5)
            clock.advance(by: .seconds(13 * 86_400))
            #expect(try await pruner(database).pass(&walk).tasks == 0)
            var fresh = Pruner.Walk()
            #expect(try await pruner(database).pass(&fresh).tasks == 1)
            #expect(try await database.exists(failed) == false)
        }
    }

    @Test("what a dead process left half pruned is finished by the next one", arguments: DatabaseKind.available)
    func halfDone(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let ids = try await finished(600, database, worker: worker)
            clock.advance(by: .seconds(90_000))
            let now = clock.now
            let first = try await database.prune(Array(ids.prefix(250)), PruneTasks.Cutoffs(Retention(), now: now), now: now)
            #expect(first.deleted == 250)
            var walk = Pruner.Walk()
            #expect(try await pruner(database).pass(&walk).tasks == 350)
            #expect(try await database.count("SELECT COUNT(*) FROM task_results") == 0)
        }
    }

    @Test("a result expires before its task when that is asked for", arguments: DatabaseKind.available)
    func results(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let retention = Retention(results: .seconds(60), succeeded: .seconds(3600))
            let old = try await finished(300, database, worker: worker)
            clock.advance(by: .seconds(67))
            let young = try await finished(3, database, worker: worker)
            var walk = Pruner.Walk()
            let pruner = pruner(database, retention)
            #expect(try await pruner.pass(&walk) == Pruner.Tally(results: 300))
            let (expired, kept) = try await database.read { connection in
                (
                    try ReadTask.status(old[0], tenant: "acme", on: connection),
                    try ReadTask.detail(young[0], tenant: "acme", on: connection)
                )
            }
            #expect(expired?.output == nil && expired?.isResultExpired == true && expired?.state == .succeeded)
            #expect(kept?.output == #"{"rows":1}"# && kept?.isResultExpired == false)
            var again = Pruner.Walk()
            #expect(try await pruner.pass(&again) == Pruner.Tally())
            clock.advance(by: .seconds(4000))
            #expect(try await pruner.pass(&again).tasks == 303)
        }
    }

    @Test("a task without a result never says that it has expired", arguments: DatabaseKind.available)
    func noResult(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            _ = try await database.complete([task], now: 20)
            var walk = Pruner.Walk()
            _ = try await pruner(database, Retention(results: .seconds(60), succeeded: nil)).pass(&walk)
            let status = try await database.read { try ReadTask.status(task.id, tenant: "acme", on: $0) }
            #expect(status?.isResultExpired == false)
        }
    }

    @Test("preparations are committed with the slice they precede", arguments: DatabaseKind.available)
    func preparations(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            _ = try await finished(3, database, worker: worker)
            clock.advance(by: .seconds(90_000))
            let prepared = pruner(
                database,
                preparations: [
                    { _ = try $0.execute("UPDATE queues SET weight = (SELECT COUNT(*) FROM tasks WHERE finished_at IS NOT NULL)") }
                ])
            var walk = Pruner.Walk()
            #expect(try await prepared.pass(&walk).tasks == 3)
            #expect(try await database.count("SELECT weight FROM queues") == 3)
            // One that fails keeps its tasks.
            _ = try await finished(2, database, worker: worker)
            clock.advance(by: .seconds(90_000))
            let failing = pruner(database, preparations: [{ _ in throw FixtureError("not yet") }])
            await #expect(throws: FixtureError.self) { try await failing.pass(&walk) }
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 2)
        }
    }

    @Test("a unique key that outlived its task goes when its window is over", arguments: DatabaseKind.available)
    func uniqueKeys(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let ids = try await finished(600, database, worker: worker)
            let end = clock.now + 100_000_000_000
            for (index, id) in ids.enumerated() { try await database.insertKey(id, "k\(index)", until: end + Int64(index / 300)) }
            clock.advance(by: .seconds(90_000))
            var walk = Pruner.Walk()
            let pruner = pruner(database)
            #expect(try await pruner.pass(&walk) == Pruner.Tally(tasks: 600))
            clock.now = end
            #expect(try await pruner.pass(&walk) == Pruner.Tally(keys: 300))
            let held = try await database.submit(.sample(), now: end)
            try await database.insertKey(held, "k599", until: end + 1)
            clock.advance(by: .seconds(1))
            #expect(try await pruner.pass(&walk) == Pruner.Tally(keys: 299))
            #expect(try await database.count("SELECT task_id FROM unique_keys") == held)
        }
    }

    @Test("processes are forgotten when no kept task can have been theirs, and living ones never", arguments: DatabaseKind.available)
    func workers(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let ids = try await database.submit([.sample(), .sample()], now: clock.now)
            let claimed = try await database.claim(worker: worker, now: clock.now)
            _ = try await database.end(claimed[0], .retry(at: 0), now: clock.now)
            let holder = try await database.insertWorker("holder")
            _ = try await database.claim(worker: holder)
            _ = try await database.insertWorker("living")
            try await database.write { connection in
                try WorkerLease.stop(worker, now: 5, on: connection)
                _ = try connection.execute("UPDATE workers SET state = 'dead' WHERE id = \(holder)")
            }
            var walk = Pruner.Walk()
            clock.now = 14 * 86_400_000_000
            #expect(try await pruner(database).pass(&walk).workers == 0)
            clock.now += 6
            #expect(try await pruner(database, Retention(failed: nil)).pass(&walk).workers == 0)
            #expect(try await pruner(database).pass(&walk).workers == 1)
            let names = try await database.read { connection in
                try connection.rows("SELECT name FROM workers ORDER BY id") { $0.text(0) }
            }
            #expect(names == ["holder", "living"])
            let detail = try await database.read { connection in
                try ids.map { try ReadTask.detail($0, tenant: "acme", on: connection) }
            }
            let attempt = detail.compactMap { $0?.attempts.first { $0.finishedAt != nil } }.first
            #expect(attempt?.worker == worker && attempt?.workerName == nil)
        }
    }
}

@Suite("Plans of the pruner on 20,000 tasks", .timeLimit(.minutes(5)))
struct PrunerPlanTests {
    private let tables = [
        "tasks", "task_payloads", "task_results", "attempts", "task_progress", "task_logs", "task_labels", "unique_keys",
    ]

    @Test("no statement reads a table from end to end", arguments: DatabaseKind.available)
    func plans(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let backlog = try await Backlog.fill(database)
            try await database.write { connection in
                try connection.execute("INSERT INTO task_payloads (task_id, input) SELECT id, '1' FROM tasks")
                try connection.execute("INSERT INTO task_results (task_id, output, created_at) SELECT id, '1', 1 FROM tasks")
                try connection.execute(
                    """
                    INSERT INTO attempts (task_id, claim, attempt, worker, started_at, finished_at, outcome)
                    SELECT id, 1, 1, 1, 1, 1, 'failed' FROM tasks
                    """)
                try connection.execute("INSERT INTO task_progress (task_id, claim, updated_at) SELECT id, 1, 1 FROM tasks")
                try connection.execute("INSERT INTO task_labels (tenant, label, task_id) SELECT tenant, 't:x', id FROM tasks")
                try connection.execute("UPDATE tasks SET unique_key = type || id WHERE state = 'succeeded'")
                try connection.execute(
                    """
                    INSERT INTO unique_keys (tenant, type, unique_key, task_id, until)
                    SELECT tenant, type, unique_key, id, id FROM tasks WHERE unique_key IS NOT NULL
                    """)
                try connection.execute(
                    "INSERT INTO task_logs (id, task_id, attempt, level, message, logged_at) SELECT id, id, 1, 'info', 'x', 1 FROM tasks")
            }
            if kind == .postgres {
                try await database.write { connection in
                    for table in tables {
                        try connection.executeScript("ANALYZE \(table)")
                    }
                }
            }
            let plans = try await database.write { connection in
                // Tables this small are read faster as a whole than through an index: what matters is that there is one.
                if kind == .postgres { try connection.executeScript("SET LOCAL enable_seqscan = off") }
                let recorder = PlanRecorder(connection)
                let cutoffs = PruneTasks.Cutoffs(Retention(), now: 1_000_000_000_000)
                let end = try PruneCandidates.end(createdBefore: 2_000_000, on: recorder)
                let found = try PruneCandidates.tasks(above: 0, below: end, cutoffs, on: recorder)
                #expect(found.ids.count == 2000)
                let slice = Array(found.ids.prefix(250))
                #expect(try ExpireResults.expire(slice, storedBefore: 5, on: recorder) == 250)
                _ = try PruneCandidates.results(above: 0, below: end, storedBefore: 5, on: recorder)
                #expect(try PruneTasks.prune(slice, cutoffs, now: 1, on: recorder).deleted == 250)
                let step = try #require(try PruneUniqueKeys.step(after: 0, until: .max, limit: 500, on: recorder))
                #expect(try PruneUniqueKeys.prune(after: 0, through: step, on: recorder) >= 0)
                return recorder.plans
            }
            #expect(backlog.running.count == 50)
            #expect(plans.count > 20)
            for plan in plans {
                for (table, aliases) in [
                    ("tasks", ["t"]), ("task_payloads", []), ("task_results", []), ("attempts", []), ("task_progress", []),
                    ("task_logs", ["l"]), ("task_labels", []), ("unique_keys", ["k"]),
                ] {
                    #expect(plan.fullScans(of: table, aliases: aliases) == [], "\(plan)")
                }
            }
        }
    }
}

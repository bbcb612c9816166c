import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Bulk operations", .timeLimit(.minutes(5)))
struct BulkOperationTests {
    private static let tenant = "acme"

    /// An engine that serves the platform's queue alone: nothing else happens to a task.
    private func withOperations(_ kind: DatabaseKind, _ body: (EngineHarness) async throws -> Void) async throws {
        try await withDatabase(kind) { database in
            var settings = EngineSettings.forTests
            settings.pools = [SystemQueue.name: SystemQueue.limit]
            // The workers of the tests say nothing after they were registered.
            settings.workerDead = .seconds(300)
            let hub = ChangeHub(database: database)
            let harness = try await EngineHarness(database, settings: settings) { registry in
                BulkOperations(database: database, hub: hub).register(in: &registry)
            }
            try await database.write { try QueueSetup.insertMissing([SystemQueue.definition], now: 0, on: $0) }
            try await body(harness)
        }
    }

    /// A worker of another process, which the engine does not take for its own predecessor once it has started.
    private func otherWorker(_ harness: EngineHarness) async throws -> Int64 {
        _ = try await run(.retry, filter { $0.type = "none" }, harness)
        return try await harness.database.insertWorker("other")
    }

    private func start(_ action: BulkAction, _ filter: BulkFilter, _ harness: EngineHarness) async throws -> Int64 {
        switch try await harness.service.submit(action, filter, tenant: Self.tenant) {
        case .submitted(let submitted): return submitted.ids[0]
        case .refused(let refusal): throw refusal
        }
    }

    /// Carries an operation out and returns its result as it is stored.
    private func run(_ action: BulkAction, _ filter: BulkFilter, _ harness: EngineHarness) async throws -> String? {
        let operation = try await start(action, filter, harness)
        try await harness.wait(for: operation, .succeeded)
        return try await harness.database.task(operation).output
    }

    private func filter(_ change: (inout BulkFilter) -> Void) -> BulkFilter {
        var filter = BulkFilter()
        change(&filter)
        return filter
    }

    private func states(_ ids: [Int64], _ database: any Database) async throws -> [TaskState] {
        try await database.read { connection in try ids.compactMap { try StoredTask.read($0, on: connection)?.state } }
    }

    @Test("every state is treated as a single request would, and what is left is told by reason", arguments: DatabaseKind.available)
    func states(_ kind: DatabaseKind) async throws {
        try await withOperations(kind) { harness in
            let database = harness.database
            try await harness.run { harness in
                let worker = try await otherWorker(harness)
                for action in BulkAction.allCases {
                    let running = try await database.submit(.sample())
                    _ = try await database.claim(worker: worker)
                    var ids = [running]
                    for state in TaskState.allCases where state != .running {
                        // Far enough ahead that the engine does not queue it.
                        ids.append(try await database.submit(state == .scheduled ? .sample(runAt: .max) : .sample()))
                        if state != .scheduled { try await database.force(ids[ids.count - 1], state) }
                    }
                    let result = try await run(action, filter { $0.ids = ids + [ids[0], 999_999_999] }, harness)
                    let after = try await states(ids, database)
                    switch action {
                    case .retry:
                        #expect(
                            result
                                == #"{"changed":3,"matched":8,"skipped":{"queued":1,"running":1,"scheduled":1,"succeeded":1,"waiting":1}}"#
                        )
                        #expect(after == [.running, .waiting, .scheduled, .queued, .succeeded, .queued, .queued, .queued])
                    case .cancel:
                        #expect(result == #"{"changed":4,"matched":8,"skipped":{"cancelled":1,"failed":1,"skipped":1,"succeeded":1}}"#)
                        #expect(after == [.running, .cancelled, .cancelled, .cancelled, .succeeded, .failed, .cancelled, .skipped])
                        #expect(try await database.task(running).cancelRequestedAt != nil)
                    }
                    _ = try await database.write { try $0.execute("UPDATE tasks SET queue = 'done' WHERE queue = 'default'") }
                }
            }
        }
    }

    @Test("a filter's conditions all have to hold", arguments: DatabaseKind.available)
    func conditions(_ kind: DatabaseKind) async throws {
        try await withOperations(kind) { harness in
            let database = harness.database
            try await database.insertQueue("other")
            let plain = try await database.submit(.sample(), now: 1000)
            let typed = try await database.submit(.sample(type: "test.other"), now: 5_000_000_000)
            let queued = try await database.submit(.sample(queue: "other"), now: 9_000_000_000)
            let labelled = try await database.submit(
                .sample(tags: #"["red","big"]"#, metadata: #"{"job":"7","n":3}"#), now: 10_000_000_000)
            let foreign = try await database.submit(.sample(tenant: "globex"), now: 1000)
            _ = try await database.write { connection in
                try connection.execute("UPDATE tasks SET unique_key = 'k' WHERE id = \(queued)")
            }
            let all = [plain, typed, queued, labelled]
            let cases: [(BulkFilter, [Int64])] = [
                (BulkFilter(), all),
                (filter { $0.type = "test.other" }, [typed]),
                (filter { $0.queue = "other" }, [queued]),
                (filter { $0.tag = "red" }, [labelled]),
                (filter { $0.metadata = ["job": "7", "n": "3"] }, [labelled]),
                (
                    filter {
                        $0.tag = "red"
                        $0.metadata = ["job": "8"]
                    }, []
                ),
                (filter { $0.uniqueKey = "k" }, [queued]),
                (filter { $0.before = 5_000_000_000 }, [plain]),
                (filter { $0.after = 5_000_000_000 }, [typed, queued, labelled]),
                (filter { $0.state = .running }, []),
                (
                    filter {
                        $0.ids = all + [foreign]
                        $0.tag = "big"
                    }, [labelled]
                ),
                (
                    filter {
                        $0.type = "test.sample"
                        $0.queue = "other"
                    }, [queued]
                ),
            ]
            try await harness.run { harness in
                for (filter, expected) in cases {
                    let counted = try await harness.service.countMatching(.cancel, filter, tenant: Self.tenant)
                    #expect(counted.number == expected.count && !counted.hasMore, "\(filter)")
                    _ = try await run(.cancel, filter, harness)
                    let cancelled = zip(all + [foreign], try await states(all + [foreign], database)).filter { $0.1 == .cancelled }
                    #expect(cancelled.map(\.0) == expected, "\(filter)")
                    _ = try await run(.retry, self.filter { $0.state = .cancelled }, harness)
                }
            }
        }
    }

    @Test("retry without a state means failed tasks, in slices, and tells how far it is", arguments: DatabaseKind.available)
    func slices(_ kind: DatabaseKind) async throws {
        try await withOperations(kind) { harness in
            let database = harness.database
            let ids = try await database.submit((0..<1300).map { _ in .sample() })
            _ = try await database.write { connection in
                try connection.execute("UPDATE tasks SET state = 'failed', finished_at = 1 WHERE id <= \(ids[1199])")
                try connection.execute("UPDATE tasks SET state = 'cancelled', finished_at = 1 WHERE id > \(ids[1199])")
            }
            try await harness.run { harness in
                let result = try await run(.retry, BulkFilter(), harness)
                #expect(result == #"{"changed":1200,"matched":1200,"skipped":{}}"#)
            }
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE state = 'queued'") == 1200)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks WHERE state = 'cancelled'") == 100)
            let messages = try await database.read { try $0.rows("SELECT message FROM task_progress") { $0.text(0) } }
            #expect(messages == ["1200 of 1200"])
        }
    }

    @Test("a task whose unique key another one holds is left", arguments: DatabaseKind.available)
    func uniqueKeys(_ kind: DatabaseKind) async throws {
        try await withOperations(kind) { harness in
            let database = harness.database
            let ids = try await database.submit((0..<3).map { _ in .sample() })
            for id in ids.prefix(2) {
                try await database.insertKey(id, "k", until: 0)
                try await database.force(id, .failed)
            }
            try await database.insertKey(ids[2], "k", until: 0)
            try await harness.run { harness in
                #expect(
                    try await run(.retry, filter { $0.uniqueKey = "k" }, harness)
                        == #"{"changed":0,"matched":2,"skipped":{"unique_key_taken":2}}"#)
                try await database.force(ids[2], .succeeded)
                #expect(
                    try await run(.retry, filter { $0.uniqueKey = "k" }, harness)
                        == #"{"changed":1,"matched":2,"skipped":{"unique_key_taken":1}}"#)
            }
        }
    }

    @Test("an operation never touches itself, another operation, or what came after it", arguments: DatabaseKind.available)
    func later(_ kind: DatabaseKind) async throws {
        try await withOperations(kind) { harness in
            let database = harness.database
            let before = try await database.submit(.sample())
            let first = try await start(.cancel, BulkFilter(), harness)
            let second = try await start(.cancel, BulkFilter(), harness)
            let after = try await database.submit(.sample())
            try await harness.run { harness in try await harness.wait(for: [first, second], .succeeded) }
            #expect(try await states([before, first, second, after], database) == [.cancelled, .succeeded, .succeeded, .queued])
        }
    }

    @Test("an attempt that follows a dead one goes on where that one was, and counts nothing twice", arguments: DatabaseKind.available)
    func resumed(_ kind: DatabaseKind) async throws {
        try await withOperations(kind) { harness in
            let database = harness.database
            let ids = try await database.submit((0..<600).map { _ in .sample() })
            _ = try await database.write { try $0.execute("UPDATE tasks SET state = 'failed', finished_at = 1") }
            let operation = try await start(.retry, BulkFilter(), harness)
            // What an attempt leaves that died after its first slice: some of it has run and failed again since.
            let left = #"{"changed":240,"matched":250,"position":\#(ids[249]),"skipped":{"unique_key_taken":10},"total":600}"#
            _ = try await database.write {
                try $0.execute("INSERT INTO task_payloads (task_id, input, metadata) VALUES (\(operation), '{}', \(left))")
            }
            try await harness.run { harness in try await harness.wait(for: operation, .succeeded) }
            let task = try await database.task(operation)
            #expect(task.output == #"{"changed":590,"matched":600,"skipped":{"unique_key_taken":10}}"#)
            let after = try await states(ids, database)
            #expect(after.prefix(250).allSatisfy { $0 == .failed })
            #expect(after.dropFirst(250).allSatisfy { $0 == .queued })
        }
    }

    @Test("an operation that was cancelled has changed nothing more, and goes on when it is retried", arguments: DatabaseKind.available)
    func cancelled(_ kind: DatabaseKind) async throws {
        try await withOperations(kind) { harness in
            let id = try await harness.database.submit(.sample())
            let operation = try await start(.cancel, BulkFilter(), harness)
            _ = try await harness.service.cancel(task: operation, tenant: Self.tenant)
            try await harness.run { harness in
                _ = try await run(.retry, filter { $0.type = "none" }, harness)
                #expect(try await states([id], harness.database) == [.queued])
                _ = try await harness.service.redrive(task: operation, tenant: Self.tenant)
                try await harness.wait(for: operation, .succeeded)
                #expect(try await states([id], harness.database) == [.cancelled])
            }
        }
    }

    @Test("running tasks are told on whatever worker they run", arguments: DatabaseKind.available)
    func running(_ kind: DatabaseKind) async throws {
        try await withOperations(kind) { harness in
            let database = harness.database
            try await harness.run { harness in
                let worker = try await otherWorker(harness)
                let ids = try await database.submit((0..<3).map { _ in .sample() })
                _ = try await database.claim(2, worker: worker)
                #expect(try await run(.cancel, BulkFilter(), harness) == #"{"changed":3,"matched":3,"skipped":{}}"#)
                #expect(try await run(.cancel, BulkFilter(), harness) == #"{"changed":0,"matched":2,"skipped":{"cancel_requested":2}}"#)
                #expect(try await database.read { try WorkerLease.cancelRequests(worker: worker, on: $0) } == Array(ids.prefix(2)))
            }
        }
    }

    @Test("clients cannot submit an operation by its name, nor put work of their own into its queue")
    func reserved() async throws {
        try await withOperations(.sqlite) { harness in
            for (request, field) in [
                (SubmitRequest(type: "tasks.cancel_matching"), "type"), (SubmitRequest(type: "demo.noop", queue: "system"), "queue"),
            ] {
                guard case .refused(let refusal) = try await harness.service.submit([request], tenant: Self.tenant) else {
                    Issue.record("\(request) was submitted")
                    continue
                }
                #expect(refusal.reason == .invalidField && refusal.field == field)
            }
        }
    }
}

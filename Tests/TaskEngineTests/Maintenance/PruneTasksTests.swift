import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Pruning tasks", .timeLimit(.minutes(5)))
struct PruneTasksTests {
    private static let now: Int64 = 1_000_000_000
    private static let retention = Retention(
        results: .seconds(1), succeeded: .seconds(100), cancelled: .seconds(200), failed: .seconds(300))

    private var cutoffs: PruneTasks.Cutoffs { PruneTasks.Cutoffs(Self.retention, now: Self.now) }

    @Test("a task goes when its state's time is over, and never before or while it is unfinished", arguments: DatabaseKind.available)
    func everyStateAndAge(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let kept: [TaskState: Int64] = [.succeeded: 100, .cancelled: 200, .skipped: 200, .failed: 300]
            for state in TaskState.allCases {
                for age in [Int64(0), 99, 100, 101, 199, 200, 201, 299, 300, 301, 5000].filter({ $0 * 1_000_000 <= Self.now }) {
                    let id = try await database.submit(.sample())
                    try await database.force(id, state)
                    try await database.setFinished(id, at: state.isTerminal ? Self.now - age * 1_000_000 : nil)
                    let found = try await database.candidates(cutoffs)
                    let result = try await database.prune([id], cutoffs, now: Self.now)
                    let goes = kept[state].map { age > $0 } ?? false
                    #expect(result == PruneTasks.Result(deleted: goes ? 1 : 0), "\(state) after \(age) s")
                    #expect(found.ids.contains(id) == goes, "\(state) after \(age) s")
                    #expect(try await database.exists(id) == !goes, "\(state) after \(age) s")
                }
            }
        }
    }

    @Test("a state whose tasks are kept for ever loses none", arguments: DatabaseKind.available)
    func never(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let cutoffs = PruneTasks.Cutoffs(Retention(succeeded: nil, cancelled: nil, failed: nil), now: Self.now)
            for state in TaskState.allCases where state.isTerminal {
                let id = try await database.submit(.sample())
                try await database.force(id, state)
                #expect(try await database.prune([id], cutoffs, now: Self.now) == PruneTasks.Result())
            }
        }
    }

    @Test("what hangs on a task goes with it, and what hangs on its neighbours stays", arguments: DatabaseKind.available)
    func everything(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let ids = try await database.submit((0..<3).map { _ in .sample(input: #"{"a":1}"#) })
            for id in ids { try await database.dress(id, worker: worker) }
            try await database.setFinished(ids[1], at: 0)
            #expect(try await database.prune(ids, cutoffs, now: Self.now) == PruneTasks.Result(deleted: 1))
            for (id, rows) in [(ids[0], 1), (ids[1], 0), (ids[2], 1)] {
                #expect(try await database.rowsAbout(id) == Array(repeating: rows, count: 8))
            }
        }
    }

    @Test("a long log goes in pieces, and the task after it", arguments: DatabaseKind.available)
    func longLog(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let id = try await database.submit(.sample())
            try await database.force(id, .succeeded)
            try await database.insertLog(id, lines: 1200)
            var calls = 0
            while try await database.prune([id], cutoffs, now: Self.now).isCutShort {
                calls += 1
                #expect(try await database.exists(id))
            }
            #expect(calls == 2)
            #expect(try await database.exists(id) == false)
            #expect(try await database.count("SELECT COUNT(*) FROM task_logs") == 0)
        }
    }

    @Test("a task that was redriven after it was found is not deleted", arguments: DatabaseKind.available)
    func redriven(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let ids = try await database.submit([.sample(), .sample()])
            for id in ids { try await database.force(id, .failed) }
            #expect(try await database.candidates(cutoffs).ids == ids)
            _ = try await database.redrive(ids[0], now: Self.now)
            #expect(try await database.prune(ids, cutoffs, now: Self.now) == PruneTasks.Result(deleted: 1))
            #expect(try await database.task(ids[0]).state == .queued)
        }
    }

    @Test("a redrive and the pruner at once: the task is either back or gone", arguments: DatabaseKind.available)
    func race(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            for _ in 0..<40 {
                let id = try await database.submit(.sample(input: #"{"a":1}"#))
                try await database.force(id, .failed)
                async let redriving = database.redrive(id, now: Self.now)
                async let pruning = database.prune([id], cutoffs, now: Self.now)
                let (redriven, pruned) = try await (redriving, pruning)
                switch redriven {
                case .queued:
                    #expect(pruned.deleted == 0)
                    #expect(try await database.task(id).input == #"{"a":1}"#)
                case .unknown:
                    #expect(pruned.deleted == 1)
                    #expect(try await database.exists(id) == false)
                case .node, .refused, .keyTaken: Issue.record("\(redriven)")
                }
            }
        }
    }

    @Test("a unique key that another task holds by now, or whose window lasts, stays", arguments: DatabaseKind.available)
    func keys(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            let ids = try await database.submit((0..<4).map { _ in .sample() })
            try await database.insertKey(ids[0], "taken over", until: 0)
            try await database.insertKey(ids[1], "taken over", until: 0)
            try await database.insertKey(ids[2], "window", until: Self.now + 1)
            try await database.insertKey(ids[3], "over", until: Self.now)
            for id in [ids[0], ids[2], ids[3]] { try await database.force(id, .succeeded) }
            #expect(try await database.prune(ids, cutoffs, now: Self.now).deleted == 3)
            let keys = try await database.read { try $0.rows("SELECT unique_key FROM unique_keys ORDER BY unique_key") { $0.text(0) } }
            #expect(keys == ["taken over", "window"])
        }
    }

    @Test("several processes prune the same tasks without waiting for each other or counting one twice", arguments: DatabaseKind.available)
    func together(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            let ids = try await database.submit((0..<1000).map { _ in .sample(input: #"{"a":1}"#) })
            for id in ids.prefix(10) { try await database.dress(id, worker: worker) }
            try await database.write { connection in
                _ = try connection.execute("UPDATE tasks SET state = 'succeeded', worker = NULL, finished_at = 0")
            }
            let deleted = try await withThrowingTaskGroup(of: Int.self) { group in
                for order in [ids, ids, ids.reversed()] {
                    group.addTask {
                        var deleted = 0
                        for from in stride(from: 0, to: order.count, by: 100) {
                            deleted += try await database.prune(Array(order[from..<from + 100]), cutoffs, now: Self.now).deleted
                        }
                        return deleted
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(deleted == 1000)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 0)
            #expect(try await database.count("SELECT COUNT(*) FROM task_payloads") == 0)
        }
    }

    @Test("the bound of the walk is the first task that is too young", arguments: DatabaseKind.available)
    func bound(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            #expect(try await database.read { try PruneCandidates.end(createdBefore: 5, on: $0) } == 0)
            let hour: Int64 = 3_600_000_000
            var ids: [Int64] = []
            for number in 0..<10 { ids.append(try await database.submit(.sample(), now: Int64(number) * hour)) }
            let bounds = try await database.read { connection in
                try [-hour, 3 * hour, 20 * hour].map { try PruneCandidates.end(createdBefore: $0, on: connection) }
            }
            #expect(bounds[0] <= ids[0])
            #expect(bounds[1] > ids[2] && bounds[1] <= ids[3])
            #expect(bounds[2] > ids[9])
        }
    }
}

extension Database {
    func prune(_ ids: [Int64], _ cutoffs: PruneTasks.Cutoffs, now: Int64) async throws -> PruneTasks.Result {
        try await write(.bulk) { try PruneTasks.prune(ids, cutoffs, now: now, on: $0) }
    }

    func candidates(_ cutoffs: PruneTasks.Cutoffs) async throws -> PruneCandidates.Found {
        try await read { try PruneCandidates.tasks(above: 0, below: .max, cutoffs, on: $0) }
    }

    func exists(_ id: Int64) async throws -> Bool {
        try await read { try StoredTask.read(id, on: $0) } != nil
    }

    func setFinished(_ id: Int64, at time: Int64?) async throws {
        _ = try await write { try $0.execute("UPDATE tasks SET finished_at = \(time) WHERE id = \(id)") }
    }

    func insertLog(_ id: Int64, lines: Int) async throws {
        try await write { connection in
            for line in try connection.allocateIDs(lines) {
                try connection.execute(
                    "INSERT INTO task_logs (id, task_id, attempt, level, message, logged_at) VALUES (\(line), \(id), 1, 'info', 'x', 1)")
            }
        }
    }

    /// A result, an attempt, progress and a log line; the task has succeeded just now.
    func dress(_ id: Int64, worker: Int64) async throws {
        try await write { connection in
            try connection.execute("UPDATE tasks SET state = 'succeeded', worker = NULL, finished_at = 2000000000 WHERE id = \(id)")
            try connection.execute("INSERT INTO task_results (task_id, output, created_at) VALUES (\(id), '1', 1)")
            try connection.execute(
                """
                INSERT INTO attempts (task_id, claim, attempt, worker, started_at, finished_at, outcome)
                VALUES (\(id), 1, 1, \(worker), 1, 2, 'failed')
                """)
            try connection.execute("INSERT INTO task_progress (task_id, claim, fraction, updated_at) VALUES (\(id), 1, 0.5, 1)")
            try connection.execute("INSERT INTO task_labels (tenant, label, task_id) VALUES ('acme', 't:x', \(id))")
        }
        try await insertKey(id, "key-\(id)", until: 0)
        try await insertLog(id, lines: 1)
    }

    /// As a submit with a unique key leaves it.
    func insertKey(_ id: Int64, _ key: String, until: Int64) async throws {
        try await write { connection in
            try connection.execute("UPDATE tasks SET unique_key = \(key) WHERE id = \(id)")
            try connection.execute(
                """
                INSERT INTO unique_keys (tenant, type, unique_key, task_id, until) VALUES ('acme', 'test.sample', \(key), \(id), \(until))
                ON CONFLICT (tenant, type, unique_key) DO UPDATE SET task_id = excluded.task_id, until = excluded.until
                """)
        }
    }

    /// Rows in each table that has any about a task.
    func rowsAbout(_ id: Int64) async throws -> [Int] {
        [
            try await count("SELECT COUNT(*) FROM tasks WHERE id = \(id)"),
            try await count("SELECT COUNT(*) FROM task_payloads WHERE task_id = \(id)"),
            try await count("SELECT COUNT(*) FROM task_results WHERE task_id = \(id)"),
            try await count("SELECT COUNT(*) FROM attempts WHERE task_id = \(id)"),
            try await count("SELECT COUNT(*) FROM task_progress WHERE task_id = \(id)"),
            try await count("SELECT COUNT(*) FROM task_logs WHERE task_id = \(id)"),
            try await count("SELECT COUNT(*) FROM task_labels WHERE task_id = \(id)"),
            try await count("SELECT COUNT(*) FROM unique_keys WHERE task_id = \(id)"),
        ]
    }
}

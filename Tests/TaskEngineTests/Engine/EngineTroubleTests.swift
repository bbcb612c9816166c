import Logging
import ServiceLifecycle
import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

@Suite("The engine in trouble", .timeLimit(.minutes(5)))
struct EngineTroubleTests {
    @Test("an engine declared dead gives its tasks up, takes a new id and goes on", arguments: DatabaseKind.available)
    func lostLease(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let starts = TestSignal<Int>()
            let harness = try await EngineHarness(database) { registry in
                registry.register(name: "test.wait_once") { _, context in
                    starts.send(context.attempt)
                    if context.attempt == 1 { try await Task.sleep(for: .seconds(600)) }
                    return #""done""#
                }
            }
            try await harness.run { engine in
                let task = try await engine.submit(.init(type: "test.wait_once"))
                try await starts.wait(for: 1)
                let worker = try #require(engine.engine.snapshot().workerID)
                _ = try await database.write { try Rescue.rescue(worker: worker, beat: nil, now: 1, on: $0) }
                try await engine.wait(for: task, .succeeded)
                #expect(engine.engine.snapshot().workerID != worker)
                #expect(try await database.attempts(of: task).map(\.outcome) == [.lost, .succeeded])
            }
        }
    }

    @Test("a claim that was committed without anybody knowing is not stranded", arguments: DatabaseKind.available)
    func unknownClaim(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let forgetful = ForgetfulDatabase(database)
            let harness = try await EngineHarness(forgetful)
            try await harness.run { engine in
                let warmUp = try await engine.submit(.init(type: "demo.noop"))
                try await engine.wait(for: warmUp, .succeeded)
                let worker = try #require(engine.engine.snapshot().workerID)
                forgetful.forgetNextWrite(when: { connection in
                    try connection.row("SELECT COUNT(*) FROM tasks WHERE state = 'running'") { $0.int(0) } == 1
                })
                let task = try await engine.submit(.init(type: "demo.noop"))
                try await engine.wait(for: task, .succeeded)
                #expect(forgetful.hasForgotten)
                #expect(engine.engine.snapshot().workerID != worker)
                #expect(try await database.attempts(of: task).map(\.outcome) == [.lost, .succeeded])
            }
        }
    }

    @Test("a result that cannot be stored fails its own task and no other", arguments: DatabaseKind.available)
    func badResult(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await EngineHarness(database) { registry in
                registry.register(name: "test.bad_effect", options: .init(retry: .dontRetry)) { _, context in
                    context.complete { try $0.execute("INSERT INTO task_results (task_id, output, created_at) VALUES (1, NULL, 0)") }
                    return nil
                }
            }
            try await harness.run { engine in
                var requests = Array(repeating: SubmitRequest(type: "demo.noop"), count: 40)
                requests.insert(.init(type: "test.bad_effect"), at: 20)
                let tasks = try await engine.submit(requests)
                try await engine.wait(for: tasks[20], .failed)
                try await engine.wait(for: tasks.filter { $0 != tasks[20] }, .succeeded)
                #expect(try await database.task(tasks[20]).errorCode == "storage_error")
            }
        }
    }

    @Test("what a handler wants committed with its success is committed with it, or not at all", arguments: DatabaseKind.available)
    func effects(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await EngineHarness(database) { registry in
                registry.register(name: "test.effect") { input, context in
                    context.complete {
                        try $0.execute("INSERT INTO queues (name, pool, weight, updated_at) VALUES (\(input), \("p"), \(1), \(0))")
                    }
                    if input == "2" { throw TaskFailure.permanent(code: "no", "after all") }
                    return nil
                }
            }
            try await harness.run { engine in
                let kept = try await engine.submit(.init(type: "test.effect", input: "1"))
                let dropped = try await engine.submit(.init(type: "test.effect", input: "2"))
                try await engine.wait(for: kept, .succeeded)
                try await engine.wait(for: dropped, .failed)
                #expect(try await database.count("SELECT COUNT(*) FROM queues WHERE name = '1'") == 1)
                #expect(try await database.count("SELECT COUNT(*) FROM queues WHERE name = '2'") == 0)
            }
        }
    }

    @Test("a task type that this process does not know is left for another", arguments: DatabaseKind.available)
    func unknownType(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await EngineHarness(database).run { engine in
                let strangers = try await database.submit(
                    Array(repeating: NewTask(tenant: "default", type: "newer.type", queue: "default"), count: 30))
                let known = try await engine.submit(Array(repeating: SubmitRequest(type: "demo.noop"), count: 30))
                try await engine.wait(for: known, .succeeded)
                for id in strangers {
                    let task = try await database.task(id)
                    #expect(task.state == .queued)
                    #expect(task.attempt == 0)
                }
            }
        }
    }

    @Test("never more handlers run than the pool has slots", arguments: DatabaseKind.available)
    func poolLimit(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            var settings = EngineSettings.forTests
            settings.pools = ["default": 3]
            let gauge = Mutex((now: 0, most: 0))
            let harness = try await EngineHarness(database, settings: settings) { registry in
                registry.register(name: "test.gauge") { _, _ in
                    gauge.withLock {
                        $0.now += 1
                        $0.most = max($0.most, $0.now)
                    }
                    await Task.yield()
                    gauge.withLock { $0.now -= 1 }
                    return nil
                }
            }
            try await harness.run { engine in
                let tasks = try await engine.submit(Array(repeating: SubmitRequest(type: "test.gauge"), count: 200))
                try await engine.wait(for: tasks, .succeeded)
            }
            #expect(gauge.withLock { $0.most } <= 3)
        }
    }

    @Test("a full pool's backlog is not forgotten while another pool is idle or busy", arguments: DatabaseKind.available)
    func twoPools(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            var settings = EngineSettings.forTests
            settings.pools = ["default": 2, "idle": 5, "busy": 1]
            try await database.insertQueue("busy", pool: "busy")
            try await database.insertQueue("idle", pool: "idle")
            try await EngineHarness(database, settings: settings).run { engine in
                let backlog = try await engine.submit(Array(repeating: SubmitRequest(type: "demo.noop"), count: 60))
                let beside = try await engine.submit(Array(repeating: SubmitRequest(type: "demo.noop", queue: "busy"), count: 60))
                try await engine.wait(for: backlog + beside, .succeeded)
            }
        }
    }

    @Test("a paused queue starts nothing until it is resumed", arguments: DatabaseKind.available)
    func pause(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await EngineHarness(database).run { engine in
                try await database.insertQueue("other")
                #expect(try await engine.service.setPaused(queue: "default", true))
                let paused = try await engine.submit(.init(type: "demo.noop"))
                let other = try await engine.submit(.init(type: "demo.noop", queue: "other"))
                try await engine.wait(for: other, .succeeded)
                #expect(try await database.task(paused).state == .queued)
                #expect(try await engine.service.setPaused(queue: "default", false))
                try await engine.wait(for: paused, .succeeded)
            }
        }
    }

    @Test("a queue paused for one tenant goes on for the others", arguments: DatabaseKind.available)
    func tenantPause(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await EngineHarness(database).run { engine in
                #expect(try await engine.service.setPaused(queue: "default", tenant: "b", true))
                let held = try await engine.submit(Array(repeating: SubmitRequest(type: "demo.noop"), count: 20), tenant: "b")
                for tenant in ["a", "c"] {
                    let others = try await engine.submit(Array(repeating: SubmitRequest(type: "demo.noop"), count: 50), tenant: tenant)
                    try await engine.wait(for: others, .succeeded)
                }
                for task in held { #expect(try await database.task(task).state == .queued) }
                #expect(try await engine.service.setPaused(queue: "default", tenant: "b", false))
                try await engine.wait(for: held, .succeeded)
            }
        }
    }

    @Test("a snoozed task runs again, uncounted", arguments: DatabaseKind.available)
    func snooze(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let runs = Mutex(0)
            let harness = try await EngineHarness(database) { registry in
                registry.register(name: "test.snooze") { _, _ in
                    let run = runs.withLock {
                        $0 += 1
                        return $0
                    }
                    if run < 4 { throw TaskFailure.snooze(.milliseconds(5)) }
                    return nil
                }
            }
            try await harness.run { engine in
                let task = try await engine.submit(.init(type: "test.snooze", maxRetries: 0))
                try await engine.wait(for: task, .succeeded)
                #expect(try await database.task(task).attempt == 1)
                #expect(try await database.task(task).claim == 4)
            }
        }
    }

    @Test("progress and log lines of a handler are stored with its task", arguments: DatabaseKind.available)
    func journal(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let id = Mutex<Int64>(0)
            let harness = try await EngineHarness(database) { registry in
                registry.register(name: "test.talk") { _, context in
                    for step in 0...100 { context.progress(Double(step) / 100, message: "step \(step)") }
                    context.logger.info("half way", metadata: ["rows": "50"])
                    context.logger.warning("done")
                    return nil
                }
            }
            try await harness.run { engine in
                let task = try await engine.submit(.init(type: "test.talk"))
                try await engine.wait(for: task, .succeeded)
                id.withLock { $0 = task }
            }
            let task = id.withLock { $0 }
            let lines = try await database.read {
                try $0.rows("SELECT level, message FROM task_logs WHERE task_id = \(task) ORDER BY id") { "\($0.text(0)) \($0.text(1))" }
            }
            #expect(lines == ["info half way rows=50", "warning done"])
            let progress = try await database.read {
                try $0.row("SELECT fraction, message FROM task_progress WHERE task_id = \(task)") { ($0.double(0), $0.text(1)) }
            }
            #expect(progress?.0 == 1)
            #expect(progress?.1 == "step 100")
        }
    }

    @Test("handlers that outlive their hard limit end the engine when there are too many of them")
    func abandoned() async throws {
        try await withDatabase(.sqlite) { database in
            var settings = EngineSettings.forTests
            settings.mostAbandonedHandlers = 2
            let harness = try await EngineHarness(database, settings: settings)
            let running = Task { try await harness.group.run() }
            let tasks = try await harness.submit(
                Array(
                    repeating: SubmitRequest(type: "demo.spin", input: #"{"ms":3000}"#, maxRetries: 0, timeoutMilliseconds: 100), count: 2))
            try await harness.wait(for: tasks, .failed)
            let error = await #expect(throws: EngineError.self) { try await running.value }
            #expect(error?.code == .tooManyAbandonedHandlers)
        }
    }
}

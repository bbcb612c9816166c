import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Why a task does not run", .timeLimit(.minutes(5)))
struct WhyTests {
    /// A front door over a database with the queue `default`; nothing happens but by the test.
    private struct Place {
        let database: any Database
        let service: TaskService
        let clock = TestClock()

        init(_ database: any Database) async throws {
            self.database = database
            var registry = TaskRegistry()
            registry.register(name: "test.sample", options: .init(timeout: .seconds(120))) { _, _ in nil }
            let clock = clock
            service = TaskService(
                database: database, registry: registry, settings: EngineSettings(), hub: ChangeHub(database: database),
                clock: EngineClock(now: { clock.now }))
            try await database.insertQueue()
        }

        func submit(_ task: NewTask = .sample()) async throws -> Int64 {
            try await database.submit(task, now: clock.now)
        }

        /// A worker that serves everything and knows `test.sample`.
        func worker(
            pools: String = #"{"default":2}"#, queues: String = #"["*"]"#, types: String = #"["test.sample"]"#, state: String = "live"
        ) async throws -> Int64 {
            let now = clock.now
            return try await database.write { connection in
                let id = try WorkerLease.register(
                    .init(name: "w", host: "h", pid: 1, pools: pools, queues: queues, types: types), now: now, on: connection)
                try connection.execute("UPDATE workers SET state = \(state) WHERE id = \(id)")
                return id
            }
        }

        func claim(_ slots: Int = 1, _ worker: Int64) async throws -> [ClaimedTask] {
            try await database.claim(slots, worker: worker, now: clock.now)
        }

        func reasons(_ task: Int64, tenant: String = "acme") async throws -> [WhyReason] {
            try await service.why(task, tenant: tenant)?.reasons ?? []
        }

        func codes(_ task: Int64) async throws -> [String] { try await reasons(task).map(\.code) }
    }

    private func withPlace(_ kind: DatabaseKind, _ body: (Place) async throws -> Void) async throws {
        try await withDatabase(kind) { try await body(try await Place($0)) }
    }

    private func counted(_ number: Int) -> LimitedCount {
        LimitedCount(number: number, hasMore: false)
    }

    @Test("only the tenant itself is told", arguments: DatabaseKind.available)
    func unknown(_ kind: DatabaseKind) async throws {
        try await withPlace(kind) { place in
            let task = try await place.submit()
            #expect(try await place.service.why(task, tenant: "other") == nil)
            #expect(try await place.service.why(task + 100, tenant: "acme") == nil)
        }
    }

    @Test("the workers are narrowed down until nobody is left", arguments: DatabaseKind.available)
    func workers(_ kind: DatabaseKind) async throws {
        try await withPlace(kind) { place in
            let task = try await place.submit()
            #expect(try await place.reasons(task) == [.noWorker])
            _ = try await place.worker(pools: #"{"other":5}"#)
            _ = try await place.worker(queues: #"["other"]"#)
            #expect(try await place.reasons(task) == [.queueNotServed(queue: "default", pool: "default")])
            _ = try await place.worker(types: #"["test.other"]"#)
            #expect(try await place.reasons(task) == [.typeUnknown(type: "test.sample")])
            _ = try await place.worker(state: "draining")
            #expect(try await place.reasons(task) == [.workersDraining(workers: 1)])
            _ = try await place.worker()
            #expect(try await place.reasons(task) == [.ready])
            _ = try await place.worker(state: "dead")
            place.clock.advance(by: .seconds(21))
            #expect(try await place.reasons(task) == [.workersSilent(workers: 1)])
            _ = try await place.worker(pools: #"{"default":0}"#, queues: #"["x","default"]"#)
            #expect(try await place.reasons(task) == [.poolPaused(pool: "default")])
        }
    }

    @Test("a full pool says whose tasks hold it, and of others only how many", arguments: DatabaseKind.available)
    func full(_ kind: DatabaseKind) async throws {
        try await withPlace(kind) { place in
            let worker = try await place.worker(pools: #"{"default":3,"beside":5}"#)
            try await place.database.insertQueue("second", pool: "default")
            try await place.database.insertQueue("beside", pool: "beside")
            _ = try await place.submit(.sample(tenant: "b"))
            _ = try await place.submit(.sample(tenant: "c"))
            #expect(try await place.claim(2, worker).count == 2)
            let task = try await place.submit(.sample(queue: "second"))
            _ = try await place.submit(.sample(queue: "beside"))
            #expect(try await place.database.claim(queue: "beside", worker: worker).count == 1)
            #expect(try await place.reasons(task) == [.ready])
            _ = try await place.submit()
            #expect(try await place.claim(1, worker).count == 1)
            let pool = WhyPool(name: "default", slots: 3, workers: 1, own: 1, others: 2)
            #expect(try await place.reasons(task) == [.poolFull(pool)])
            _ = try await place.worker(pools: #"{"default":1}"#)
            #expect(try await place.reasons(task) == [.ready], "the other worker has a slot")
        }
    }

    @Test("tasks that come first are counted, and other tenants' apart", arguments: DatabaseKind.available)
    func ahead(_ kind: DatabaseKind) async throws {
        try await withPlace(kind) { place in
            _ = try await place.worker()
            let older = try await place.submit()
            place.clock.advance(by: .seconds(1))
            let task = try await place.submit()
            place.clock.advance(by: .seconds(1))
            _ = try await place.submit()
            _ = try await place.submit(.sample(priority: 6))
            #expect(try await place.reasons(older) == [.ready])
            #expect(try await place.reasons(task) == [.tasksAhead(own: counted(1), others: counted(0))])
            _ = try await place.submit(.sample(priority: 0))
            _ = try await place.submit(.sample(tenant: "aaa"))
            _ = try await place.submit(.sample(tenant: "zzz", priority: 9))
            #expect(try await place.reasons(task) == [.tasksAhead(own: counted(2), others: counted(2))])
        }
    }

    @Test("paused queues say for whom", arguments: DatabaseKind.available)
    func paused(_ kind: DatabaseKind) async throws {
        try await withPlace(kind) { place in
            let task = try await place.submit()
            #expect(try await place.service.setPaused(queue: "default", tenant: "other", true))
            #expect(try await place.codes(task) == ["no_worker"])
            #expect(try await place.service.setPaused(queue: "default", tenant: "acme", true))
            #expect(try await place.reasons(task) == [.queuePaused(queue: "default", forTenantOnly: true), .noWorker])
            #expect(try await place.service.setPaused(queue: "default", true))
            #expect(try await place.reasons(task).first == .queuePaused(queue: "default", forTenantOnly: false))
        }
    }

    @Test("scheduled tasks say when, and after which error", arguments: DatabaseKind.available)
    func scheduled(_ kind: DatabaseKind) async throws {
        try await withPlace(kind) { place in
            let worker = try await place.worker()
            let later = place.clock.now + 5_000_000
            let delayed = try await place.submit(.sample(runAt: later))
            #expect(try await place.reasons(delayed) == [.scheduled(runAt: later)])
            let failing = try await place.submit()
            let claimed = try #require(try await place.claim(1, worker).first)
            let error = TaskError(code: "boom", message: "it broke")
            _ = try await place.database.end(claimed, .retry(at: later), error: error, now: place.clock.now)
            #expect(try await place.reasons(failing) == [.backingOff(runAt: later, attempt: 1, maxRetries: 3, error)])
            place.clock.advance(by: .seconds(5))
            #expect(try await place.reasons(delayed) == [.due(runAt: later)])
        }
    }

    @Test("running tasks name their worker and deadlines, and say when it went silent", arguments: DatabaseKind.available)
    func running(_ kind: DatabaseKind) async throws {
        try await withPlace(kind) { place in
            let worker = try await place.worker()
            let task = try await place.submit()
            _ = try await place.claim(1, worker)
            let began = place.clock.now
            let attempt = WhyAttempt(
                number: 1, worker: worker, workerName: "w", startedAt: began, softDeadline: began + 110_000_000,
                hardDeadline: began + 120_000_000)
            #expect(try await place.reasons(task) == [.running(attempt)])
            _ = try await place.database.cancel(task, now: began + 1)
            #expect(try await place.reasons(task) == [.cancelRequested(at: began + 1), .running(attempt)])
            place.clock.advance(by: .seconds(30))
            #expect(try await place.reasons(task).first == .workerSilent(attempt, silentMilliseconds: 30_000))
        }
    }

    @Test("ended and waiting tasks say so", arguments: DatabaseKind.available, [TaskState.succeeded, .failed, .cancelled, .skipped])
    func ended(_ kind: DatabaseKind, _ state: TaskState) async throws {
        try await withPlace(kind) { place in
            let task = try await place.submit()
            try await place.database.force(task, state)
            #expect(try await place.reasons(task) == [.ended])
            try await place.database.force(task, .waiting)
            #expect(try await place.reasons(task) == [.waitingForParents([], more: 0)])
        }
    }

    @Test("an expiry is told beside the reason", arguments: DatabaseKind.available)
    func expires(_ kind: DatabaseKind) async throws {
        try await withPlace(kind) { place in
            let task = try await place.submit()
            let time = place.clock.now + 9_000_000
            _ = try await place.database.write { try $0.execute("UPDATE tasks SET expires_at = \(time) WHERE id = \(task)") }
            #expect(try await place.reasons(task) == [.noWorker, .expires(at: time)])
        }
    }
}

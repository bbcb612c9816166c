import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Why over HTTP", .timeLimit(.minutes(5)))
struct WhyTests {
    @Test("reasons are for programs and for people", arguments: DatabaseKind.available)
    func queued(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            try await api.insertWorker("one", types: #"["demo.noop"]"#)
            let ready = try await api.get("/v1/tasks/\(id)/why")
            #expect(ready.status == 200)
            #expect(
                ready.text
                    == #"{"task_id":\#(id),"state":"queued","summary":"Nothing is in its way: it is about to start.","#
                    + #""reasons":[{"code":"ready","message":"Nothing is in its way: it is about to start."}]}"#)
            _ = try await api.post("/v1/queues/default/pause")
            let paused = try #require(try await api.get("/v1/tasks/\(id)/why").json["reasons"]?.elements.first)
            #expect(paused.keys == ["code", "message", "queue", "scope"])
            #expect(paused["code"]?.string == "queue_paused")
            #expect(paused["scope"]?.string == "all")
        }
    }

    @Test("a running task is told with its deadlines")
    func running() async throws {
        try await TestAPI.with(.sqlite) { api in
            let id = try await api.submit(#"{"type": "demo.noop", "timeout_ms": 12000}"#)
            _ = try await api.claimOne()
            api.clock.advance(by: .seconds(2))
            let reason = try #require(try await api.get("/v1/tasks/\(id)/why").json["reasons"]?.elements.first)
            #expect(reason["code"]?.string == "running")
            #expect(
                reason["message"]?.string == "Attempt 1 has been running on worker worker (\(reason["worker_id"]?.int64 ?? 0)) for 2.0 s.")
            #expect(reason["soft_deadline"]?.string == "1970-01-12T13:46:51.000000Z")
            #expect(reason["deadline"]?.string == "1970-01-12T13:46:52.000000Z")
        }
    }

    @Test("an ended task tells its end and error")
    func ended() async throws {
        try await TestAPI.with(.sqlite) { api in
            let id = try await api.submitFailed()
            let why = try await api.get("/v1/tasks/\(id)/why").json
            #expect(why["summary"]?.string == "It has ended: failed (boom).")
            let reason = try #require(why["reasons"]?.elements.first)
            #expect(reason["error"]?["message"]?.string == "it broke")
            #expect(reason["finished_at"]?.string != nil)
        }
    }

    @Test("nobody is told of a task that is not theirs, and unknown parameters are refused")
    func refused() async throws {
        try await TestAPI.with(.sqlite) { api in
            let foreign = try await api.database.submit(.sample())
            #expect(try await api.get("/v1/tasks/\(foreign)/why").status == 404)
            #expect(try await api.get("/v1/tasks/999999/why").status == 404)
            let id = try await api.submit()
            #expect(try await api.get("/v1/tasks/\(id)/why?verbose=1").status == 400)
        }
    }

    @Test("the table of reasons names every code")
    func documented() throws {
        let page = try RepositoryFiles.text("docs/steering.md")
        let attempt = WhyAttempt(number: 1, worker: 1, workerName: nil, startedAt: 0, softDeadline: 0, hardDeadline: 0)
        let none = LimitedCount(number: 0, hasMore: false)
        let reasons: [WhyReason] = [
            .ended, .running(attempt), .workerSilent(attempt, silentMilliseconds: 0), .cancelRequested(at: 0),
            .waitingForParents([], more: 0),
            .waitingForElements(3), .waitingForRoom, .waitingForRun(4), .waitingForEvent(name: "go", until: nil),
            .scheduled(runAt: 0), .backingOff(runAt: 0, attempt: 1, maxRetries: 1, TaskError(code: "", message: "")), .due(runAt: 0),
            .queuePaused(queue: "", forTenantOnly: false), .noWorker, .queueNotServed(queue: "", pool: ""), .typeUnknown(type: ""),
            .workersDraining(workers: 0), .workersSilent(workers: 0), .poolPaused(pool: ""),
            .poolFull(.init(name: "", slots: 0, workers: 0, own: 0, others: 0)), .tasksAhead(own: none, others: none), .expires(at: 0),
            .ready,
        ]
        for reason in reasons { #expect(page.contains("| `\(reason.code)` |"), "\(reason.code)") }
    }
}

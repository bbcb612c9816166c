import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Reading tasks over HTTP", .timeLimit(.minutes(5)))
struct TaskReadTests {
    @Test("a first-try success has one attempt although no row was written for it", arguments: DatabaseKind.available)
    func firstTrySuccess(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            let claimed = try await api.claimOne()
            api.clock.advance(by: .milliseconds(250))
            try await api.complete(claimed, output: #"{"rows":  3}"#)

            let task = try await api.get("/v1/tasks/\(id)").json
            #expect(task["state"]?.string == "succeeded")
            #expect(task["result"]?.rawText == #"{"rows":  3}"#)
            #expect(task["finished_at"]?.string == "1970-01-12T13:46:40.250000Z")
            let attempts = task["attempts"]?.elements ?? []
            #expect(attempts.count == 1)
            #expect(attempts.first?["attempt"]?.int64 == 1)
            #expect(attempts.first?["outcome"]?.string == "succeeded")
            #expect(attempts.first?["run_ms"]?.int64 == 250)
            #expect(attempts.first?["error"]?.isNull == true)
        }
    }

    @Test("failed attempts are kept with their errors, and the running one stands last", arguments: DatabaseKind.available)
    func failedThenRunning(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            let first = try await api.claimOne()
            try await api.end(first, .retry(at: api.clock.now), TaskError(code: "boom", message: "it broke"))
            let between = try await api.get("/v1/tasks/\(id)").json
            #expect(between["attempts"]?.elements.count == 1)
            #expect(between["error"]?["code"]?.string == "boom")

            let second = try await api.claimOne()
            let task = try await api.get("/v1/tasks/\(id)").json
            let attempts = task["attempts"]?.elements ?? []
            #expect(attempts.map { $0["attempt"]?.int64 } == [1, 2])
            #expect(attempts.map { $0["outcome"]?.string } == ["failed", nil])
            #expect(attempts.first?["error"]?["message"]?.string == "it broke")
            #expect(attempts.last?["worker"]?.string == "worker")
            #expect(attempts.last?["worker_id"]?.int64 == second.worker)
            #expect(attempts.last?["finished_at"]?.isNull == true)
            #expect(task["worker_id"]?.int64 == second.worker)
        }
    }

    @Test("a success after a failure is listed once", arguments: DatabaseKind.available)
    func secondTrySuccess(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            try await api.end(try await api.claimOne(), .retry(at: api.clock.now), TaskError(code: "boom", message: ""))
            try await api.complete(try await api.claimOne())
            let attempts = try await api.get("/v1/tasks/\(id)").json["attempts"]?.elements ?? []
            #expect(attempts.map { $0["outcome"]?.string } == ["failed", "succeeded"])
        }
    }

    @Test("status is short, and the worker route says the same", arguments: DatabaseKind.available)
    func status(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            let queued = try await api.get("/v1/tasks/\(id)/status").json
            #expect(queued.keys == ["task_id", "status", "state", "result", "error", "progress"])
            #expect(queued["task_id"]?.int64 == id)
            #expect(queued["status"]?.string == "queued")
            #expect(queued["result"]?.isNull == true)

            try await api.complete(try await api.claimOne(), output: "[1]")
            let done = try await api.get("/v1/tasks/\(id)/status")
            #expect(try done.json["state"]?.string == "succeeded")
            #expect(try done.json["result"]?.rawText == "[1]")
            #expect(try await api.get("/worker/tasks/\(id)").text == done.text)
            #expect(try await api.get("/api/tasks/\(id)/status/").text == done.text)
        }
    }

    @Test("progress is that of the last attempt only", arguments: DatabaseKind.available)
    func progress(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            let claimed = try await api.claimOne()
            _ = try await api.database.write { connection in
                try connection.execute(
                    "INSERT INTO task_progress (task_id, claim, fraction, message, updated_at) VALUES (\(id), \(claimed.claim), 0.5, 'half', 7)"
                )
            }
            let progress = try await api.get("/v1/tasks/\(id)/status").json["progress"]
            #expect(progress?.rawText == #"{"fraction":0.5,"message":"half","updated_at":"1970-01-01T00:00:00.000007Z"}"#)
            #expect(try await api.get("/v1/tasks/\(id)").json["progress"]?.rawText == progress?.rawText)

            try await api.end(claimed, .retry(at: api.clock.now), TaskError(code: "boom", message: ""))
            #expect(try await api.get("/v1/tasks/\(id)/status").json["progress"]?.isNull == true)
            _ = try await api.claimOne()
            #expect(try await api.get("/v1/tasks/\(id)/status").json["progress"]?.isNull == true)
        }
    }

    @Test("a task of another tenant is not there", arguments: DatabaseKind.available)
    func otherTenant(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.database.submit(.sample(tenant: "acme"))
            for path in ["/v1/tasks/\(id)", "/v1/tasks/\(id)/status", "/v1/worker/tasks/\(id)", "/v1/tasks/\(id)/logs"] {
                let answer = try await api.get(path)
                #expect(answer.status == 404, "\(path)")
                #expect(try answer.problemCode == "not_found")
            }
            for path in ["/v1/tasks/\(id)/cancel", "/v1/tasks/\(id)/retry"] {
                #expect(try await api.post(path).status == 404, "\(path)")
            }
            #expect(try await api.get("/v1/tasks").rows.isEmpty)
            #expect(try await api.database.task(id).state == .queued)
        }
    }

    @Test("what is no id is not there either", arguments: ["0", "-1", "abc", "1.5", "9223372036854775808", "99"])
    func noSuchID(_ id: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.get("/v1/tasks/\(id)")
            #expect(answer.status == 404)
            #expect(try answer.problemCode == "not_found")
        }
    }

    @Test("every prefix answers, with and without a trailing slash", arguments: ["/v1", "/api", ""])
    func prefixes(_ prefix: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let id = try await api.submit()
            for path in ["/tasks", "/tasks/", "/tasks/\(id)", "/tasks/\(id)/", "/queues", "/worker/health/", "/livez"] {
                #expect(try await api.get(prefix + path).status == 200, "\(prefix + path)")
            }
            let wrong = try await api.send(.delete, prefix + "/tasks/\(id)")
            #expect(wrong.status == 405)
            #expect(wrong.headers[.allow] == "GET, HEAD, OPTIONS")
        }
    }

    @Test("a result that has expired says so, and one that never was does not", arguments: DatabaseKind.available)
    func expiredResult(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            try await api.complete(try await api.claimOne(), output: "7")
            let without = try await api.submit()
            try await api.complete(try await api.claimOne())
            #expect(try await api.get("/v1/tasks/\(id)").json["result_expired"] == nil)
            let now = api.clock.now
            _ = try await api.database.write { try ExpireResults.expire([id, without], storedBefore: now + 1, on: $0) }
            for path in ["/v1/tasks/\(id)", "/v1/tasks/\(id)/status"] {
                let task = try await api.get(path).json
                #expect(task["result"]?.isNull == true)
                #expect(task["result_expired"]?.bool == true)
            }
            #expect(try await api.get("/v1/tasks/\(without)").json["result_expired"] == nil)
        }
    }
}

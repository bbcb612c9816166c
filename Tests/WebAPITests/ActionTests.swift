import HTTPTypes
import JSONText
import TaskEngine
import TestSupport
import Testing

@Suite("Cancelling and retrying over HTTP", .timeLimit(.minutes(5)))
struct ActionTests {
    @Test("a task that does not run is cancelled at once", arguments: DatabaseKind.available)
    func cancelQueued(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            for body in [#"{"type": "demo.noop"}"#, #"{"type": "demo.noop", "delay_ms": 1000}"#] {
                let id = try await api.submit(body)
                let answer = try await api.post("/v1/tasks/\(id)/cancel")
                #expect(answer.status == 200)
                #expect(answer.text == #"{"task_id":\#(id),"cancelled":true,"state":"cancelled"}"#)
                #expect(try await api.database.task(id).state == .cancelled)
            }
        }
    }

    @Test("a running task is asked to end, and keeps the time of the first request", arguments: DatabaseKind.available)
    func cancelRunning(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            _ = try await api.claimOne()
            let first = try await api.post("/v1/tasks/\(id)/cancel", "{}")
            #expect(first.status == 202)
            #expect(first.headers[.location] == "/v1/tasks/\(id)")
            #expect(
                first.text
                    == #"{"task_id":\#(id),"cancelled":false,"state":"running","cancel_requested_at":"1970-01-12T13:46:40.000000Z"}"#)
            api.clock.advance(by: .seconds(5))
            #expect(try await api.post("/v1/tasks/\(id)/cancel").text == first.text)
            #expect(try await api.get("/v1/tasks/\(id)").json["cancel_requested_at"]?.string == "1970-01-12T13:46:40.000000Z")
        }
    }

    @Test("a finished task cannot be cancelled", arguments: DatabaseKind.available)
    func cancelFinished(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submitFailed()
            let answer = try await api.post("/v1/tasks/\(id)/cancel")
            #expect(answer.status == 409)
            #expect(try answer.problemCode == "already_finished")
            #expect(try await api.database.task(id).state == .failed)
        }
    }

    @Test("a failed or cancelled task is brought back with its attempts", arguments: DatabaseKind.available)
    func retry(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let failed = try await api.submitFailed()
            let answer = try await api.post("/v1/tasks/\(failed)/retry")
            #expect(answer.status == 202)
            #expect(answer.headers[.location] == "/v1/tasks/\(failed)")
            #expect(try answer.json["id"]?.int64 == failed)
            #expect(try answer.json["state"]?.string == "queued")
            let task = try await api.get("/v1/tasks/\(failed)").json
            #expect(task["error"]?.isNull == true)
            #expect(task["attempts"]?.elements.count == 1)

            let cancelled = try await api.submit()
            _ = try await api.post("/v1/tasks/\(cancelled)/cancel")
            #expect(try await api.post("/v1/tasks/\(cancelled)/retry").status == 202)
        }
    }

    @Test("neither an unfinished nor a succeeded task can be retried", arguments: DatabaseKind.available)
    func retryRefused(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            let queued = try await api.post("/v1/tasks/\(id)/retry")
            #expect(queued.status == 409)
            #expect(try queued.problemCode == "not_finished")
            try await api.complete(try await api.claimOne())
            let succeeded = try await api.post("/v1/tasks/\(id)/retry")
            #expect(succeeded.status == 409)
            #expect(try succeeded.problemCode == "conflict")
        }
    }

    @Test("actions on what is not there are 404", arguments: ["cancel", "retry"])
    func unknown(_ action: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            for id in ["12345", "nope"] {
                let answer = try await api.post("/v1/tasks/\(id)/\(action)")
                #expect(answer.status == 404, "\(id)")
            }
        }
    }

    @Test("actions take no fields", arguments: ["cancel", "retry"])
    func noFields(_ action: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let id = try await api.submit()
            let answer = try await api.post("/v1/tasks/\(id)/\(action)", #"{"force": true}"#)
            #expect(answer.status == 422)
            #expect(try answer.pointers == ["/force"])
            #expect(try await api.database.task(id).state == .queued)
        }
    }
}

import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Waiting for a task over HTTP", .timeLimit(.minutes(5)))
struct StatusWaitTests {
    @Test("the answer comes when the task has ended", arguments: DatabaseKind.available, ["tasks/{id}/status", "worker/tasks/{id}"])
    func ends(_ kind: DatabaseKind, _ path: String) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            let task = try await api.claimOne()
            let now = api.clock.now
            let path = "/v1/" + path.replacing("{id}", with: "\(id)")
            async let waiting = api.get(path + "?wait_ms=60000")
            // Either the request is waiting by now, or it will find the task ended: both must answer.
            let changes = try await api.database.write { try Complete.complete([.init(task: task, output: "[1]")], now: now, on: $0) }
            api.service.announce(changes)
            let answer = try await waiting
            #expect(answer.status == 200)
            #expect(try answer.json["status"]?.string == "succeeded")
            #expect(try answer.json["result"]?.rawText == "[1]")
        }
    }

    @Test("when the time is over the answer says how the task stands")
    func over() async throws {
        try await TestAPI.with(.sqlite) { api in
            let id = try await api.submit()
            for wait in [0, 1, 50] {
                let answer = try await api.get("/v1/tasks/\(id)/status?wait_ms=\(wait)")
                #expect(answer.status == 200)
                #expect(try answer.json["status"]?.string == "queued")
            }
        }
    }

    @Test("a cancellation ends the wait", arguments: DatabaseKind.available)
    func cancelled(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            async let waiting = api.get("/v1/tasks/\(id)/status?wait_ms=60000")
            #expect(try await api.post("/v1/tasks/\(id)/cancel").status == 200)
            #expect(try await waiting.json["status"]?.string == "cancelled")
        }
    }

    @Test("what cannot be waited for is refused", arguments: ["wait_ms=-1", "wait_ms=60001", "wait_ms=soon", "wait=5"])
    func refused(_ query: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let id = try await api.submit()
            let answer = try await api.get("/v1/tasks/\(id)/status?\(query)")
            #expect(answer.status == 400)
            #expect(try answer.problemCode == "invalid_query")
        }
    }

    @Test("an unknown task is not waited for")
    func unknown() async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.get("/v1/tasks/999/status?wait_ms=60000")
            #expect(answer.status == 404)
        }
    }
}

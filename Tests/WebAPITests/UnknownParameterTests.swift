import HTTPTypes
import Storage
import TestSupport
import Testing

@Suite("Parameters in the wrong place", .timeLimit(.minutes(2)))
struct UnknownParameterTests {
    /// Everything that changes something, with a body that would do.
    static let requests: [(HTTPRequest.Method, String, String?)] = [
        (.post, "/v1/tasks", #"{"type": "test.sample"}"#), (.post, "/v1/tasks/batch", #"{"tasks": [{"type": "test.sample"}]}"#),
        (.post, "/v1/tasks/1/cancel", nil), (.post, "/v1/tasks/1/retry", nil), (.post, "/v1/tasks/cancel", #"{"all": true}"#),
        (.post, "/v1/tasks/retry", #"{"all": true}"#),
        (.post, "/v1/workflows", #"{"name": "w", "nodes": [{"id": "a", "task": "demo.noop"}]}"#),
        (.post, "/v1/workflow_runs", #"{"workflow_id": "w"}"#), (.delete, "/v1/workflow_runs/1", nil),
        (.post, "/v1/workflow_runs/1/retry", nil), (.post, "/v1/workflow_runs/1/restart", nil),
        (.post, "/v1/workflow_runs/1/events", #"{"name": "e"}"#), (.post, "/v1/queues/default/pause", nil),
        (.post, "/v1/queues/default/resume", nil), (.patch, "/v1/pools/default", #"{"limit": 1}"#),
        (.post, "/v1/schedules", #"{"name": "s", "every_ms": 60000, "task": {"type": "test.sample"}}"#),
        (.patch, "/v1/schedules/s", "{}"), (.delete, "/v1/schedules/s", nil), (.post, "/v1/schedules/s/pause", nil),
        (.post, "/v1/schedules/s/resume", nil), (.post, "/v1/schedules/s/run", nil),
        (.post, "/v1/schedules/preview", #"{"every_ms": 60000}"#), (.put, "/v1/secrets/S", #"{"value": "s3cret"}"#),
        (.delete, "/v1/secrets/S", nil), (.post, "/v1/secrets/rotate", nil),
    ]

    @Test("a request with a parameter that nobody reads changes nothing, and is told its name")
    func refused() async throws {
        try await TestAPI.with(.sqlite) { api in
            // What the paths name is there, as far as it can be.
            #expect(
                try await api.post("/v1/schedules", #"{"name": "s", "every_ms": 60000, "task": {"type": "test.sample"}}"#).status == 201)
            for (method, path, body) in Self.requests {
                let answer = try await api.send(
                    method, path + "?dry_runs=true", body: body, contentType: body.map { _ in "application/json" })
                #expect(answer.status == 400, "\(method) \(path)")
                #expect(try answer.problemCode == "invalid_query" && answer.pointers == ["?dry_runs"], "\(method) \(path)")
            }
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 0)
            #expect(try await api.database.count("SELECT COUNT(*) FROM schedules WHERE paused = 0") == 1)
            for path in ["/v1/schedules/s", "/v1/tasks/1", "/v1/workflow_runs/1", "/v1/workflows/w"] {
                #expect(try await api.get(path + "?more=1").problemCode == "invalid_query", "\(path)")
            }
        }
    }
}

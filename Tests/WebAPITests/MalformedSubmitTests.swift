import Storage
import TestSupport
import Testing

@Suite("Malformed submits", .timeLimit(.minutes(5)))
struct MalformedSubmitTests {
    @Test(
        "a field that is wrong is named",
        arguments: [
            (#"{}"#, "/type"),
            (#"{"type": 7}"#, "/type"),
            (#"{"type": ""}"#, "/type"),
            (#"[]"#, ""),
            (#"{"type": "demo.noop", "queue": 1}"#, "/queue"),
            (#"{"type": "demo.noop", "priority": 10}"#, "/priority"),
            (#"{"type": "demo.noop", "priority": -1}"#, "/priority"),
            (#"{"type": "demo.noop", "priority": 1.5}"#, "/priority"),
            (#"{"type": "demo.noop", "priority": "5"}"#, "/priority"),
            (#"{"type": "demo.noop", "run_at": "tomorrow"}"#, "/run_at"),
            (#"{"type": "demo.noop", "run_at": "2026-02-30T00:00:00Z"}"#, "/run_at"),
            (#"{"type": "demo.noop", "run_at": 1700000000}"#, "/run_at"),
            (#"{"type": "demo.noop", "delay_ms": -1}"#, "/delay_ms"),
            (#"{"type": "demo.noop", "delay_ms": 9223372036854775807}"#, "/delay_ms"),
            (#"{"type": "demo.noop", "delay_ms": 5, "run_at": "2026-01-01T00:00:00Z"}"#, "/delay_ms"),
            (#"{"type": "demo.noop", "max_retries": 1001}"#, "/max_retries"),
            (#"{"type": "demo.noop", "timeout_ms": 0}"#, "/timeout_ms"),
            (#"{"type": "demo.noop", "timeout_ms": 2592000001}"#, "/timeout_ms"),
            (#"{"type": "demo.noop", "tags": "a"}"#, "/tags"),
            (#"{"type": "demo.noop", "tags": [1]}"#, "/tags"),
            (#"{"type": "demo.noop", "tags": [\#((0...20).map { "\"\($0)\"" }.joined(separator: ","))]}"#, "/tags"),
            (#"{"type": "demo.noop", "tags": ["\#(String(repeating: "x", count: 101))"]}"#, "/tags"),
            (#"{"type": "demo.noop", "metadata": []}"#, "/metadata"),
            (#"{"type": "demo.noop", "metadata": {"k": "\#(String(repeating: "x", count: 16 * 1024))"}}"#, "/metadata"),
            (#"{"type": "demo.noop", "input": "\#(String(repeating: "x", count: 256 * 1024))"}"#, "/input"),
            (
                #"{"type": "demo.noop", "metadata": {\#((0...50).map { "\"k\($0)\": 1" }.joined(separator: ","))}}"#, "/metadata"
            ),
            (#"{"type": "demo.noop", "unique_key": ""}"#, "/unique_key"),
            (#"{"type": "demo.noop", "unique_key": 7}"#, "/unique_key"),
            (#"{"type": "demo.noop", "unique_key": "\#(String(repeating: "x", count: 201))"}"#, "/unique_key"),
            (#"{"type": "demo.noop", "unique_window_ms": 5}"#, "/unique_window_ms"),
            (#"{"type": "demo.noop", "unique_key": "k", "unique_window_ms": 0}"#, "/unique_window_ms"),
            (#"{"type": "demo.noop", "expires_at": "soon"}"#, "/expires_at"),
            (#"{"type": "demo.noop", "expires_at": "1970-01-01T00:00:00Z"}"#, "/expires_at"),
            (#"{"type": "demo.noop", "prioritty": 1}"#, "/prioritty"),
            (#"{"type": "demo.noop", "a/b~c": 1}"#, "/a~1b~0c"),
        ])
    func invalidField(_ body: String, _ pointer: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.post("/v1/tasks", body)
            #expect(answer.status == 422)
            #expect(try answer.problemCode == "invalid_fields")
            #expect(try answer.pointers.contains(pointer), "\(answer.text)")
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 0)
        }
    }

    @Test("all wrong fields are named at once")
    func severalFields() async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.post("/v1/tasks", #"{"priority": 11, "tags": 1, "extra": 1}"#)
            #expect(try answer.pointers == ["/type", "/priority", "/tags", "/extra"])
        }
    }

    @Test("an unknown type or queue has a code of its own", arguments: DatabaseKind.available)
    func unknownNames(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let type = try await api.post("/v1/tasks", #"{"type": "no.such"}"#)
            #expect(type.status == 422)
            #expect(try type.problemCode == "unknown_task_type")
            #expect(try type.pointers == ["/type"])
            let queue = try await api.post("/v1/tasks", #"{"type": "demo.noop", "queue": "no-such"}"#)
            #expect(queue.status == 422)
            #expect(try queue.problemCode == "unknown_queue")
            #expect(try queue.pointers == ["/queue"])
        }
    }

    @Test(
        "a body that is no JSON object is refused with its own status",
        arguments: [
            (#"{"type": "demo.noop""#, "application/json", 400, "malformed_json"),
            ("", "application/json", 400, "malformed_json"),
            (#"{"type": "demo.noop", "type": "demo.noop"}"#, "application/json", 400, "malformed_json"),
            (String(repeating: "[", count: 65) + String(repeating: "]", count: 65), "application/json", 400, "malformed_json"),
            (#"{"type": "demo.noop"}"#, "text/plain", 415, "unsupported_media_type"),
            (#"{"type": "demo.noop"}"#, "application/json; charset=latin1", 415, "unsupported_media_type"),
            (#"{"type": "demo.noop", "input": "\#(String(repeating: "x", count: 330_000))"}"#, "application/json", 413, "body_too_large"),
        ])
    func malformedBody(_ body: String, _ contentType: String, _ status: Int, _ code: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.post("/v1/tasks", body, contentType: contentType)
            #expect(answer.status == status)
            #expect(try answer.problemCode == code)
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 0)
        }
    }

    @Test("a batch of more than 32 MiB is refused before it is read")
    func hugeBatch() async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.post("/v1/tasks/batch", String(repeating: " ", count: 32 * 1024 * 1024 + 1))
            #expect(answer.status == 413)
            #expect(try answer.problemCode == "body_too_large")
        }
    }

    @Test("a batch without tasks is refused", arguments: [#"{}"#, #"{"tasks": []}"#, #"{"tasks": {}}"#, #"{"tasks": null}"#])
    func emptyBatch(_ body: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.post("/v1/tasks/batch", body)
            #expect(answer.status == 422)
            #expect(try answer.pointers == ["/tasks"])
        }
    }
}

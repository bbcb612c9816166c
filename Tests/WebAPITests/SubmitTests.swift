import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Submitting over HTTP", .timeLimit(.minutes(5)))
struct SubmitTests {
    @Test("a submit is committed when it is answered, and says where to look", arguments: DatabaseKind.available)
    func submits(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let answer = try await api.post("/v1/tasks", #"{"type": "demo.echo", "input": {"b": 1,  "a": [2]}, "priority": 0}"#)
            #expect(answer.status == 202)
            let id = try #require(try answer.json["id"]?.int64)
            #expect(answer.headers[.location] == "/v1/tasks/\(id)")
            #expect(try answer.json["state"]?.string == "queued")
            #expect(try answer.json["type"]?.string == "demo.echo")
            #expect(try answer.json["queue"]?.string == "default")

            let stored = try await api.database.task(id)
            #expect(stored.tenant == "default")
            #expect(stored.priority == 0)
            #expect(stored.input == #"{"b": 1,  "a": [2]}"#)
        }
    }

    @Test("a task can be read with all that was submitted", arguments: DatabaseKind.available)
    func readsBack(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit(
                #"""
                {"type": "sample", "queue": "default", "input": [1, null], "priority": 9, "delay_ms": 1500, "max_retries": 7,
                 "timeout_ms": 60000, "tags": ["a", "ü"], "metadata": {"k": {"v": 1}}}
                """#)
            let task = try await api.get("/v1/tasks/\(id)").json
            #expect(task["type"]?.string == "test.sample", "an alias is stored under the type's own name")
            #expect(task["state"]?.string == "scheduled")
            #expect(task["queue"]?.string == "default")
            #expect(task["input"]?.rawText == "[1, null]")
            #expect(task["priority"]?.int64 == 9)
            #expect(task["created_at"]?.string == "1970-01-12T13:46:40.000000Z")
            #expect(task["run_at"]?.string == "1970-01-12T13:46:41.500000Z")
            #expect(task["max_retries"]?.int64 == 7)
            #expect(task["timeout_ms"]?.int64 == 60000)
            #expect(task["tags"]?.rawText == #"["a","ü"]"#)
            #expect(task["metadata"]?.rawText == #"{"k": {"v": 1}}"#)
            #expect(task["attempts"]?.rawText == "[]")
            for key in ["result", "error", "progress", "started_at", "finished_at", "cancel_requested_at", "worker_id"] {
                #expect(task[key]?.isNull == true, "\(key)")
            }
        }
    }

    @Test("run_at takes an offset, and a time in the past runs at once", arguments: DatabaseKind.available)
    func runAt(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let later = try await api.submit(#"{"type": "demo.noop", "run_at": "1970-01-12T15:46:50+02:00"}"#)
            #expect(try await api.database.task(later).readyAt == 1_000_010_000_000)
            let past = try await api.submit(#"{"type": "demo.noop", "run_at": "1969-12-31T00:00:00Z"}"#)
            #expect(try await api.database.task(past).state == .queued)
        }
    }

    @Test("the queue of the type is used when none is named, and a missing input is {}", arguments: DatabaseKind.available)
    func defaults(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit(#"{"type": "test.sample"}"#)
            let task = try await api.get("/tasks/\(id)").json
            #expect(task["queue"]?.string == "slow")
            #expect(task["input"]?.rawText == "{}")
            #expect(task["priority"]?.int64 == 5)
            #expect(task["max_retries"]?.int64 == 3)
            #expect(task["timeout_ms"]?.isNull == true)
        }
    }

    @Test("any JSON value is an input", arguments: ["7", "\"x\"", "null", "[]", "true", "{\"a\":\"\\u0000\"}"])
    func inputs(_ input: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let id = try await api.submit(#"{"type": "demo.echo", "input": \#(input)}"#)
            #expect(try await api.get("/v1/tasks/\(id)").json["input"]?.rawText == input)
        }
    }

    @Test("a batch answers its ids in the order of its tasks", arguments: DatabaseKind.available)
    func batch(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let answer = try await api.post(
                "/v1/tasks/batch", #"{"tasks": [{"type": "demo.noop"}, {"type": "demo.echo", "input": 2}, {"type": "sample"}]}"#)
            #expect(answer.status == 202)
            let ids = try #require(try answer.json["ids"]).elements.compactMap(\.int64)
            let types = try await ids.asyncMap { try await api.database.task($0).type }
            #expect(types == ["demo.noop", "demo.echo", "test.sample"])
        }
    }

    @Test("a batch may have ten thousand tasks and no more")
    func largestBatch() async throws {
        try await TestAPI.with(.sqlite) { api in
            func tasks(_ count: Int) -> String {
                #"{"tasks": ["# + Array(repeating: #"{"type":"demo.noop"}"#, count: count).joined(separator: ",") + "]}"
            }
            let most = try await api.post("/v1/tasks/batch", tasks(10_000))
            #expect(most.status == 202)
            #expect(try most.json["ids"]?.elements.count == 10_000)
            let tooMany = try await api.post("/v1/tasks/batch", tasks(10_001))
            #expect(tooMany.status == 422)
            #expect(try tooMany.pointers == ["/tasks"])
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 10_000)
        }
    }

    @Test("a batch may have 100,000 tags and members of metadata and no more")
    func mostLabels() async throws {
        try await TestAPI.with(.sqlite) { api in
            let tags = (0..<20).map { "\"\($0)\"" }.joined(separator: ",")
            let task = #"{"type":"demo.noop","tags":[\#(tags)]}"#
            let tooMany = #"{"tasks": ["# + Array(repeating: task, count: 5001).joined(separator: ",") + "]}"
            let answer = try await api.post("/v1/tasks/batch", tooMany)
            #expect(answer.status == 422)
            #expect(try answer.pointers == ["/tasks/5000/metadata"])
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 0)
        }
    }

    @Test("one bad task in a batch submits none, and is named", arguments: DatabaseKind.available)
    func allOrNothing(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            for (bad, code, pointer) in [
                (#"{"type": "no.such"}"#, "unknown_task_type", "/tasks/1/type"),
                (#"{"type": "demo.noop", "queue": "no-such"}"#, "unknown_queue", "/tasks/1/queue"),
                (#"{"type": "demo.noop", "priority": 10}"#, "invalid_fields", "/tasks/1/priority"),
                ("7", "invalid_fields", "/tasks/1"),
            ] {
                let answer = try await api.post("/v1/tasks/batch", #"{"tasks": [{"type": "demo.noop"}, \#(bad)]}"#)
                #expect(answer.status == 422)
                #expect(try answer.problemCode == code)
                #expect(try answer.pointers.first == pointer)
            }
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 0)
        }
    }
}

extension Sequence where Element: Sendable {
    func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}

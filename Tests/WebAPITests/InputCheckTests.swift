import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Inputs that do not fit their task type", .timeLimit(.minutes(5)))
struct InputCheckTests {
    @Test(
        "they are refused when they are submitted, with the place",
        arguments: [
            (#"{}"#, "/input/ms", "is required"), (#"{"ms": null}"#, "/input/ms", "must not be null"),
            (#"{"ms": "soon"}"#, "/input/ms", "does not fit: "), ("[1]", "/input", "does not fit: "), ("7", "/input", "does not fit: "),
        ])
    func refused(input: String, pointer: String, words: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.post("/v1/tasks", #"{"type": "demo.sleep", "input": \#(input)}"#)
            #expect(answer.status == 422)
            #expect(try answer.problemCode == "invalid_fields")
            #expect(try answer.pointers == [pointer])
            #expect(try answer.json["errors"]?.elements.first?["detail"]?.string?.hasPrefix(words) == true, "\(answer.text)")
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 0)
        }
    }

    @Test("in a batch the place names the task, and nothing of the batch is submitted", arguments: DatabaseKind.available)
    func batch(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let good = #"{"type": "demo.sleep", "input": {"ms": 1}}"#
            let answer = try await api.post("/v1/tasks/batch", #"{"tasks": [\#(good), {"type": "demo.sleep"}, \#(good)]}"#)
            #expect(answer.status == 422)
            #expect(try answer.pointers == ["/tasks/1/input/ms"])
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 0)
            #expect(try await api.post("/v1/tasks/batch", #"{"tasks": [\#(good), \#(good)]}"#).status == 202)
        }
    }

    @Test("what a task type finds wrong itself is named place by place")
    func ownCheck() async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.post("/v1/tasks", #"{"type": "test.picky", "input": {"a/b": 1}}"#)
            #expect(try answer.pointers == ["/input/a~1b", "/input/list/0"])
            #expect(try answer.json["errors"]?.elements.map { $0["detail"]?.string } == ["is too small", "is no number"])
            let batch = try await api.post("/v1/tasks/batch", #"{"tasks": [{"type": "test.picky", "input": {"a/b": 1}}]}"#)
            #expect(try batch.pointers == ["/tasks/0/input/a~1b", "/tasks/0/input/list/0"])
            #expect(try await api.post("/v1/tasks", #"{"type": "test.picky"}"#).status == 202)
        }
    }
}

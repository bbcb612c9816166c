import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Retrying and cancelling many tasks over HTTP", .timeLimit(.minutes(1)))
struct BulkTests {
    private func with(_ kind: DatabaseKind, _ body: @Sendable (TestAPI) async throws -> Void) async throws {
        try await TestAPI.with(kind) { api in
            try await api.database.insertQueue(SystemQueue.name, pool: SystemQueue.name)
            try await body(api)
        }
    }

    @Test("the answer is a task that holds the filter", arguments: DatabaseKind.available)
    func accepted(_ kind: DatabaseKind) async throws {
        try await with(kind) { api in
            let answer = try await api.post(
                "/v1/tasks/cancel",
                #"{"state": "queued", "type": "sample", "metadata": {"job": 7, "ok": true}, "after": "1970-01-01T00:00:01Z", "tag": "red"}"#
            )
            #expect(answer.status == 202, "\(answer.text)")
            let id = try #require(try answer.json["id"]?.int64)
            #expect(answer.headers[.location] == "/v1/tasks/\(id)")
            #expect(try answer.json["type"]?.string == "tasks.cancel_matching")
            let task = try await api.get("/v1/tasks/\(id)").json
            #expect(task["queue"]?.string == "system")
            #expect(
                task["input"]?.rawText
                    == #"{"after_us":1000000,"metadata":{"job":"7","ok":"true"},"state":"queued","tag":"red","type":"test.sample"}"#)
        }
    }

    @Test(
        "a filter that says nothing, or what makes no sense, is refused by name",
        arguments: [
            (#"{}"#, ""), (#"{"all": false}"#, ""), (#"{"all": true, "type": "x"}"#, "/all"), (#"{"state": "running"}"#, "/state"),
            (#"{"typ": "x", "all": true}"#, "/typ"), (#"{"ids": []}"#, "/ids"), (#"{"ids": [1, "2"]}"#, "/ids"), (#"{"ids": 1}"#, "/ids"),
            (#"{"metadata": {}}"#, "/metadata"), (#"{"metadata": {"a": []}}"#, "/metadata"), (#"{"before": "now"}"#, "/before"),
            (#"{"type": "x", "dry_run": 1}"#, "/dry_run"), (#"{"tag": ""}"#, "/tag"),
        ])
    func refused(_ body: String, _ pointer: String) async throws {
        try await with(.sqlite) { api in
            let answer = try await api.post("/v1/tasks/retry", body)
            #expect(answer.status == 422)
            #expect(try answer.pointers == [pointer])
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 0)
        }
    }

    @Test("more than 10,000 ids are refused")
    func manyIDs() async throws {
        try await with(.sqlite) { api in
            let ids = (1...10_001).map(String.init).joined(separator: ",")
            let answer = try await api.post("/v1/tasks/retry", #"{"ids": [\#(ids)]}"#)
            #expect(try answer.pointers == ["/ids"])
        }
    }

    @Test("a dry run counts and does nothing", arguments: DatabaseKind.available)
    func dryRun(_ kind: DatabaseKind) async throws {
        try await with(kind) { api in
            for _ in 0..<3 { _ = try await api.submit() }
            _ = try await api.submitFailed()
            #expect(
                try await api.post("/v1/tasks/cancel", #"{"type": "demo.noop", "dry_run": true}"#).text
                    == #"{"dry_run":true,"matched":3,"matched_more":false}"#)
            #expect(
                try await api.post("/v1/tasks/retry", #"{"all": true, "dry_run": true}"#).text
                    == #"{"dry_run":true,"matched":1,"matched_more":false}"#)
            #expect(try await api.database.count("SELECT COUNT(*) FROM tasks") == 4)
        }
    }

    @Test("an operation is not submitted by its type's name, and its queue takes no other work")
    func reserved() async throws {
        try await with(.sqlite) { api in
            let byName = try await api.post("/v1/tasks", #"{"type": "demo.noop", "queue": "system"}"#)
            #expect(byName.status == 422)
            #expect(try byName.pointers == ["/queue"])
        }
    }
}

import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Events of workflow runs over HTTP", .timeLimit(.minutes(2)))
struct WorkflowEventTests {
    private static let replayed = HTTPField.Name("Idempotency-Replayed")!
    /// Two approvals, one behind the other.
    private static let twice = """
        {"name": "twice", "nodes": [
            {"id": "first", "wait_event": {"name": "ok"}},
            {"id": "second", "wait_event": {"name": "ok"}, "depends_on": ["first"]}]}
        """

    @Test("an approval that is sent again under its key is not taken for the next one", arguments: DatabaseKind.available)
    func once(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.database.insertQueue(SystemQueue.name, pool: SystemQueue.name)
            #expect(try await api.post("/v1/workflows", Self.twice).status == 201)
            let run = try await api.start(#"{"workflow_id": "twice", "job_run_id": "release"}"#)
            let ok = #"{"name": "ok", "data": {"by": "ann"}}"#
            let first = try await api.post("/v1/workflow_runs/\(run)/events", ok, key: "k")
            #expect(first.status == 202 && first.headers[Self.replayed] == nil)
            // By its other name it is the same run.
            let again = try await api.post("/v1/workflow_runs/release/events", ok, key: "k")
            #expect(again.status == 202 && again.headers[Self.replayed] == "true")
            #expect(again.text == first.text)
            #expect(try again.json["waiting_nodes"]?.int64 == 1)
            #expect(try await api.states("\(run)") == ["first": "succeeded", "second": "scheduled"])
            #expect(try await api.database.count("SELECT COUNT(*) FROM workflow_events") == 1)

            let other = try await api.post("/v1/workflow_runs/\(run)/events", #"{"name": "no"}"#, key: "k")
            #expect(other.status == 422)
            #expect(try other.problemCode == "idempotency_key_reused")
            #expect(try await api.post("/v1/workflow_runs/\(run)/events", ok, key: "k2").json["waiting_nodes"]?.int64 == 1)
            #expect(try await api.run("\(run)")["status"]?.string == "succeeded")
            // What was taken is answered again after the end as well; what was refused may be sent anew.
            #expect(try await api.post("/v1/workflow_runs/\(run)/events", ok, key: "k2").headers[Self.replayed] == "true")
            for _ in 0..<2 {
                #expect(try await api.post("/v1/workflow_runs/\(run)/events", ok, key: "k3").problemCode == "already_finished")
            }
        }
    }

    @Test("the same key speaks to another run as another request", arguments: DatabaseKind.available)
    func otherRun(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.database.insertQueue(SystemQueue.name, pool: SystemQueue.name)
            #expect(try await api.post("/v1/workflows", Self.twice).status == 201)
            let runs = [try await api.start(#"{"workflow_id": "twice"}"#), try await api.start(#"{"workflow_id": "twice"}"#)]
            #expect(try await api.post("/v1/workflow_runs/\(runs[0])/events", #"{"name": "ok"}"#, key: "k").status == 202)
            #expect(try await api.post("/v1/workflow_runs/\(runs[1])/events", #"{"name": "ok"}"#, key: "k").status == 422)
        }
    }
}

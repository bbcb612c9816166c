import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Schedules over HTTP", .timeLimit(.minutes(5)))
struct ScheduleTests {
    private static let nightly =
        #"{"name": "nightly", "cron": "30 4 * * *", "zone": "Europe/Berlin", "task": {"type": "sample", "input": {"n": 1.50}}}"#

    @Test("one is made, read by id and by name, and listed", arguments: DatabaseKind.available)
    func create(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let answer = try await api.post("/v1/schedules", Self.nightly)
            #expect(answer.status == 201, "\(answer.text)")
            let id = try #require(try answer.json["id"]?.int64)
            #expect(answer.headers[.location] == "/v1/schedules/\(id)")
            #expect(
                try answer.json.keys == [
                    "id", "name", "cron", "zone", "every_ms", "description", "task", "workflow", "overlap", "catch_up", "paused", "next_at",
                    "waiting_at", "last_at", "last_task_id", "last_workflow_run_id", "created_at", "updated_at", "version", "next_times",
                ])
            #expect(try answer.json["description"]?.string == "At 04:30 every day (Europe/Berlin)")
            #expect(try answer.json["overlap"]?.string == "skip")
            #expect(try answer.json["catch_up"]?.string == "latest")
            // The clock stands on 12 January 1970, in winter, and Berlin was an hour ahead all that year.
            #expect(try answer.json["next_at"]?.string == "1970-01-13T03:30:00.000000Z")
            #expect(try answer.json["next_times"]?.elements.count == 5)
            let task = try #require(try answer.json["task"])
            #expect(task["type"]?.string == "test.sample" && task["queue"]?.string == "slow" && task["input"]?.rawText == #"{"n": 1.50}"#)
            #expect(try await api.get("/v1/schedules/\(id)").text == answer.text)
            #expect(try await api.get("/schedules/nightly").text == answer.text)
            let rows = try await api.get("/v1/schedules").rows
            #expect(rows.map { $0["name"]?.string } == ["nightly"] && rows.first?["next_times"] == nil)
        }
    }

    @Test("lists go by name, in pages", arguments: DatabaseKind.available)
    func pages(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            for name in ["b", "a", "C", "d"] {
                #expect(
                    try await api.post("/v1/schedules", #"{"name": "\#(name)", "every_ms": 60000, "task": {"type": "demo.noop"}}"#).status
                        == 201)
            }
            let first = try await api.get("/v1/schedules?limit=3")
            #expect(try first.rows.map { $0["name"]?.string } == ["C", "a", "b"])
            let cursor = try #require(try first.json["next_cursor"]?.string)
            #expect(try await api.get("/v1/schedules?limit=3&cursor=\(cursor)").rows.map { $0["name"]?.string } == ["d"])
        }
    }

    @Test(
        "what is wrong is named",
        arguments: [
            (#"{}"#, ["/name", ""]),
            (#"{"name": "a", "every_ms": 60000}"#, [""]),
            (#"{"name": "a", "task": {"type": "demo.noop"}}"#, [""]),
            (#"{"name": "a b", "every_ms": 999, "task": {"type": "demo.noop"}}"#, ["/name", "/every_ms"]),
            (#"{"name": "12", "every_ms": 1000, "task": {"type": "demo.noop"}}"#, ["/name"]),
            (#"{"name": "preview", "every_ms": 1000, "task": {"type": "demo.noop"}}"#, ["/name"]),
            (#"{"name": "a", "cron": "61 * * * *", "task": {"type": "demo.noop"}}"#, ["/cron"]),
            (#"{"name": "a", "cron": "0 0 30 2 *", "task": {"type": "demo.noop"}}"#, ["/cron"]),
            (#"{"name": "a", "cron": "", "task": {"type": "demo.noop"}}"#, ["/cron"]),
            (#"{"name": "a", "cron": "@daily", "zone": "PST", "task": {"type": "demo.noop"}}"#, ["/zone"]),
            (#"{"name": "a", "cron": "@daily", "every_ms": 1000, "task": {"type": "demo.noop"}}"#, ["/every_ms"]),
            (#"{"name": "a", "zone": "UTC", "every_ms": 1000, "task": {"type": "demo.noop"}}"#, ["/zone"]),
            (#"{"name": "a", "every_ms": 1000, "task": {"type": "demo.noop", "inptu": 1}}"#, ["/task/inptu"]),
            (#"{"name": "a", "every_ms": 1000, "task": {"type": "demo.noop", "run_at": "2026-01-01T00:00:00Z"}}"#, ["/task/run_at"]),
            (#"{"name": "a", "every_ms": 1000, "task": {"type": "demo.noop", "unique_key": "k"}}"#, ["/task/unique_key"]),
            (
                #"{"name": "a", "every_ms": 1000, "task": {"type": "test.picky", "input": {"x": 1}}}"#,
                ["/task/input/a~1b", "/task/input/list/0"]
            ),
            (
                #"{"name": "a", "every_ms": 1000, "task": {"type": "demo.noop"}, "overlap": "maybe", "catch_up": "all", "paused": 1}"#,
                ["/overlap", "/catch_up", "/paused"]
            ),
            (#"{"name": "a", "every_ms": 1000, "task": {"type": "demo.noop"}, "workflow": {"workflow_id": "w"}}"#, ["/workflow"]),
            (#"{"name": "a", "every_ms": 1000, "workflow": {"workflow_id": "no-such"}}"#, ["/workflow/workflow_id"]),
            (#"{"name": "a", "every_ms": 1000, "task": {"type": "demo.noop"}, "color": "red"}"#, ["/color"]),
        ])
    func wrong(_ body: String, _ pointers: [String]) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.post("/v1/schedules", body)
            #expect(answer.status == 422)
            #expect(try answer.pointers == pointers, "\(answer.text)")
            #expect(try await api.database.count("SELECT COUNT(*) FROM schedules") == 0)
        }
    }

    @Test("a workflow is started with parameters that fit it", arguments: DatabaseKind.available)
    func workflow(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let text =
                #"{"name": "w", "parameters": [{"name": "n", "type": "integer", "required": true}], "nodes": [{"id": "a", "task": "demo.noop", "input": {}}]}"#
            guard case .accepted(let plan, _) = WorkflowDefinition.parse(text, rules: .stored) else {
                Issue.record("the workflow was refused")
                return
            }
            _ = try await api.database.write { try RegisterWorkflow.register(plan.definition, tenant: "default", now: 0, on: $0) }
            func post(_ workflow: String) async throws -> Answer {
                try await api.post("/v1/schedules", #"{"name": "s", "cron": "@daily", "workflow": \#(workflow)}"#)
            }
            #expect(try await post(#"{"workflow_id": "w"}"#).pointers == ["/workflow/params/n"])
            #expect(try await post(#"{"workflow_id": "w@7", "params": {"n": 1}}"#).pointers == ["/workflow/workflow_id"])
            #expect(try await post(#"{"workflow_id": "w", "params": {"n": "x", "m": 1}}"#).pointers.count == 2)
            let made = try await post(#"{"workflow_id": "w@1", "params": {"n": 1}}"#)
            #expect(made.status == 201, "\(made.text)")
            #expect(try made.json["task"]?.isNull == true && made.json["workflow"]?.rawText == #"{"workflow_id":"w@1","params":{"n": 1}}"#)
            let run = try await api.post("/v1/schedules/s/run")
            let id = try #require(try run.json["workflow_run_id"]?.int64)
            #expect(run.status == 202 && run.headers[.location] == "/v1/workflow_runs/\(id)")
            #expect(try run.json["task_id"]?.isNull == true)
            #expect(try await api.get("/v1/schedules/s/firings").rows.first?["workflow_run_id"]?.int64 == id)
        }
    }

    @Test("an unknown type or queue has its own code", arguments: DatabaseKind.available)
    func unknown(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let type = try await api.post("/v1/schedules", #"{"name": "a", "every_ms": 1000, "task": {"type": "no.such"}}"#)
            #expect(type.status == 422)
            #expect(try type.problemCode == "unknown_task_type")
            #expect(try type.pointers == ["/task/type"])
            let queue = try await api.post(
                "/v1/schedules", #"{"name": "a", "every_ms": 1000, "task": {"type": "demo.noop", "queue": "none"}}"#)
            #expect(queue.status == 422)
            #expect(try queue.problemCode == "unknown_queue")
            #expect(try queue.pointers == ["/task/queue"])
        }
    }

    @Test("a name that is taken is a conflict; the same request with the same key is not", arguments: DatabaseKind.available)
    func repeated(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let first = try await api.post("/v1/schedules", Self.nightly, key: "k")
            let again = try await api.post("/v1/schedules", Self.nightly, key: "k")
            #expect(again.status == 201 && again.text == first.text)
            #expect(again.headers[.init("Idempotency-Replayed")!] == "true" && first.headers[.init("Idempotency-Replayed")!] == nil)
            let other = try await api.post("/v1/schedules", #"{"name": "x", "every_ms": 1000, "task": {"type": "demo.noop"}}"#, key: "k")
            #expect(try other.status == 422 && other.problemCode == "idempotency_key_reused")
            let taken = try await api.post("/v1/schedules", Self.nightly)
            #expect(try taken.status == 409 && taken.problemCode == "conflict")
        }
    }

    @Test("it is changed field by field", arguments: DatabaseKind.available)
    func change(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            _ = try await api.post("/v1/schedules", Self.nightly)
            func patch(_ body: String) async throws -> Answer {
                try await api.send(.patch, "/v1/schedules/nightly", body: body, contentType: "application/json")
            }
            let zone = try await patch(#"{"zone": "UTC"}"#)
            #expect(try zone.status == 200 && zone.json["cron"]?.string == "30 4 * * *" && zone.json["zone"]?.string == "UTC")
            #expect(try zone.json["next_at"]?.string == "1970-01-13T04:30:00.000000Z")
            let cron = try await patch(#"{"cron": "@hourly", "overlap": "allow", "catch_up": "none"}"#)
            #expect(
                try cron.json["cron"]?.string == "@hourly" && cron.json["zone"]?.string == "UTC" && cron.json["overlap"]?.string == "allow")
            let interval = try await patch(#"{"every_ms": 90000}"#)
            #expect(try interval.json["cron"]?.isNull == true && interval.json["every_ms"]?.int64 == 90_000)
            #expect(try interval.json["next_at"]?.string == "1970-01-12T13:48:10.000000Z")
            #expect(try await patch(#"{"zone": "UTC"}"#).pointers == ["/zone"])
            let task = try await patch(#"{"task": {"type": "demo.noop", "priority": 1}, "paused": true}"#)
            #expect(try task.json["task"]?["type"]?.string == "demo.noop" && task.json["paused"]?.bool == true)
            #expect(try task.json["next_at"]?.isNull == true && task.json["next_times"]?.elements.isEmpty == true)
            #expect(try await patch(#"{"name": "other"}"#).pointers == ["/name"])
            #expect(try await patch("{}").status == 200)
        }
    }

    @Test("it is paused, resumed and deleted", arguments: DatabaseKind.available)
    func pause(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            _ = try await api.post("/v1/schedules", Self.nightly)
            let paused = try await api.post("/v1/schedules/nightly/pause")
            #expect(try paused.status == 200 && paused.json["paused"]?.bool == true && paused.json["next_at"]?.isNull == true)
            #expect(try await api.post("/v1/schedules/nightly/pause").status == 200, "a repetition changes nothing")
            let resumed = try await api.post("/v1/schedules/nightly/resume")
            #expect(try resumed.json["paused"]?.bool == false && resumed.json["next_at"]?.string == "1970-01-13T03:30:00.000000Z")
            #expect(try await api.send(.delete, "/v1/schedules/nightly").status == 204)
            #expect(try await api.send(.delete, "/v1/schedules/nightly").status == 404)
            #expect(try await api.get("/v1/schedules/nightly").status == 404)
        }
    }

    @Test("it is started by hand, and its firings are listed", arguments: DatabaseKind.available)
    func run(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            _ = try await api.post("/v1/schedules", Self.nightly)
            let run = try await api.post("/v1/schedules/nightly/run", "", key: "once")
            #expect(run.status == 202)
            let task = try #require(try run.json["task_id"]?.int64)
            #expect(run.headers[.location] == "/v1/tasks/\(task)")
            #expect(try await api.get("/v1/tasks/\(task)").json["input"]?.rawText == #"{"n": 1.50}"#)
            let again = try await api.post("/v1/schedules/nightly/run", "", key: "once")
            #expect(again.text == run.text && again.headers[.init("Idempotency-Replayed")!] == "true")
            _ = try await api.post("/v1/schedules/nightly/run")
            let first = try await api.get("/v1/schedules/nightly/firings?limit=1")
            #expect(try first.rows.map { $0["number"]?.int64 } == [2])
            let cursor = try #require(try first.json["next_cursor"]?.string)
            let row = try #require(try await api.get("/v1/schedules/nightly/firings?cursor=\(cursor)").rows.first)
            #expect(
                row.keys == ["number", "due_at", "decided_at", "outcome", "reason", "detail", "manual", "task_id", "workflow_run_id"])
            #expect(row["outcome"]?.string == "fired" && row["manual"]?.bool == true && row["task_id"]?.int64 == task)
        }
    }

    @Test("another tenant's schedule is not there", arguments: DatabaseKind.available)
    func tenants(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let foreign = try await api.database.write { connection in
                let timing = ScheduleTiming.interval(milliseconds: 1000, anchor: 0)
                let target = ScheduleTarget.task(.sample(tenant: "other"))
                return try WriteSchedule.create(
                    .init(name: "theirs", timing: timing, target: target), tenant: "other", now: 0, on: connection)
            }
            guard case .written(let schedule, _) = foreign else {
                Issue.record("not made")
                return
            }
            for key in ["theirs", "\(schedule.id)", "99999999999999999999"] {
                let path = "/v1/schedules/\(key)"
                #expect(try await api.get(path).status == 404)
                #expect(try await api.get(path + "/firings").status == 404)
                #expect(try await api.send(.delete, path).status == 404)
                #expect(try await api.send(.patch, path, body: "{}", contentType: "application/json").status == 404)
                for action in ["pause", "resume", "run"] { #expect(try await api.post("\(path)/\(action)").status == 404) }
            }
            #expect(try await api.get("/v1/schedules").rows.isEmpty)
            #expect(try await api.database.count("SELECT COUNT(*) FROM schedules WHERE paused = 0") == 1)
        }
    }

    @Test("a preview says when something would be due, and writes nothing")
    func preview() async throws {
        try await TestAPI.with(.sqlite) { api in
            // A quarter to two on the day before the clocks in Berlin go on.
            api.clock.now = 1_774_658_700_000_000
            let answer = try await api.post("/v1/schedules/preview", #"{"cron": "30 2 * * *", "zone": "Europe/Berlin"}"#)
            #expect(
                answer.text
                    == #"{"cron":"30 2 * * *","zone":"Europe/Berlin","every_ms":null,"description":"At 02:30 every day (Europe/Berlin)","next_times":["2026-03-28T01:30:00.000000Z","2026-03-29T01:00:00.000000Z","2026-03-30T00:30:00.000000Z","2026-03-31T00:30:00.000000Z","2026-04-01T00:30:00.000000Z"]}"#
            )
            let interval = try await api.post("/v1/schedules/preview", #"{"every_ms": 3600000}"#)
            #expect(try interval.json["description"]?.string == "Every hour")
            #expect(try interval.json["next_times"]?.elements.first?.string == "2026-03-28T01:45:00.000000Z")
            #expect(try await api.post("/v1/schedules/preview", "{}").status == 422)
            #expect(try await api.post("/v1/schedules/preview", #"{"cron": "@daily", "name": "x"}"#).pointers == ["/name"])
            #expect(try await api.get("/v1/schedules").rows.isEmpty)
        }
    }
}

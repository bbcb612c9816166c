import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Workflow runs over HTTP", .timeLimit(.minutes(2)))
struct WorkflowRunTests {
    private static let body =
        #"{"workflow_id": "diamond", "params": {"target": "x"}, "job_run_id": "job 7", "tags": ["a"], "folder_id": 5}"#

    @Test("a run is started, shows its nodes, and succeeds with the outputs of its leaves", arguments: DatabaseKind.available)
    func start(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.registerDiamond()
            let answer = try await api.post("/v1/workflow_runs/", Self.body)
            #expect(answer.status == 202, "\(answer.text)")
            let started = try answer.json
            let id = try #require(started["workflow_run_id"]?.int64)
            #expect(answer.headers[.location] == "/v1/workflow_runs/\(id)")
            #expect(started["job_run_id"]?.string == "job 7")
            #expect(started["workflow_id"]?.string == "diamond")
            #expect(started["status"]?.string == "pending")
            #expect(started["params"]?.rawText == #"{"target":"x","depth":2}"#)
            #expect(started["metadata"]?.rawText == #"{"folder_id":5}"#)
            #expect(started["tags"]?.rawText == #"["a"]"#)

            try await api.succeed(output: #"{"found":1}"#)
            let half = try await api.run("job%207")
            #expect(half["status"]?.string == "running")
            #expect(half["unfinished_nodes"]?.int64 == 3)
            let nodes = half["nodes"]?.elements ?? []
            #expect(nodes.map { $0["id"]?.string } == ["scan", "left", "right", "end"])
            #expect(nodes.map { $0["level"]?.int64 } == [0, 1, 1, 2])
            #expect(nodes.map { $0["state"]?.string } == ["succeeded", "queued", "queued", "waiting"])
            #expect(nodes.last?["depends_on"]?.rawText == #"["left","right"]"#)
            #expect(nodes.first?["output"]?["found"]?.int64 == 1)
            #expect(nodes.first?["queued_at"]?.string != nil && nodes.last?["queued_at"]?.isNull == true)

            try await api.succeed(2)
            try await api.succeed(output: "7")
            let whole = try await api.run("\(id)")
            #expect(whole["status"]?.string == "succeeded")
            #expect(whole["output"]?.rawText == #"{"end":7}"#)
            #expect(whole["error"]?.isNull == true)
        }
    }

    @Test("a repeat with the same name or the same key answers the run that is there", arguments: DatabaseKind.available)
    func repeats(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.registerDiamond()
            let first = try await api.start(Self.body)
            let again = try await api.post("/v1/workflow_runs", Self.body)
            #expect(again.status == 200)
            #expect(try again.json["workflow_run_id"]?.int64 == first)
            #expect(try again.json["existing"]?.bool == true)

            let plain = #"{"workflow_id": "diamond", "params": {"target": "y"}}"#
            let one = try await api.post("/v1/workflow_runs", plain, key: "k").json
            #expect(one["job_run_id"]?.string == one["workflow_run_id"]?.rawText)
            let two = try await api.post("/v1/workflow_runs", plain, key: "k").json
            #expect(two["workflow_run_id"]?.int64 == one["workflow_run_id"]?.int64)
            let other = try await api.post("/v1/workflow_runs", Self.body, key: "k")
            #expect(try other.problemCode == "idempotency_key_reused")

            // The first answer again, whatever it was.
            for _ in 1...2 {
                let found = try await api.post("/v1/workflow_runs", Self.body, key: "found")
                #expect(found.status == 200)
                #expect(try found.json["existing"]?.bool == true)
            }
        }
    }

    @Test("what cannot be started is told with pointers and what to do")
    func refused() async throws {
        try await TestAPI.with(.sqlite) { api in
            try await api.registerDiamond()
            let cases: [(body: String, code: String, pointers: [String])] = [
                (#"{"workflow_id": "none"}"#, "unknown_workflow", ["/workflow_id"]),
                (#"{"workflow_id": "diamond@9", "params": {"target": "x"}}"#, "unknown_workflow", ["/workflow_id"]),
                (#"{"workflow_id": "diamond"}"#, "invalid_fields", ["/params/target"]),
                (
                    #"{"workflow_id": "diamond", "params": {"target": 1, "depth": 1.5, "more": 0}}"#, "invalid_fields",
                    ["/params/more", "/params/target", "/params/depth"]
                ),
                (#"{"params": {}}"#, "invalid_fields", ["/workflow_id"]),
                (#"{"workflow_id": "a b"}"#, "invalid_fields", ["/workflow_id"]),
                (#"{"workflow_id": "diamond", "job_run_id": "stats", "tags": [1]}"#, "invalid_fields", ["/job_run_id", "/tags"]),
                (#"{"workflow_id": "diamond", "params": {"target": "x"}, "job_run_id": "0017"}"#, "invalid_fields", ["/job_run_id"]),
                (#"{"workflow_id": "diamond", "metadata": {"a": 1}, "a": 2}"#, "invalid_fields", ["/a"]),
            ]
            for (body, code, pointers) in cases {
                let answer = try await api.post("/v1/workflow_runs", body)
                #expect(answer.status == 422, "\(body): \(answer.text)")
                #expect(try answer.problemCode == code, "\(body)")
                #expect(try Set(answer.pointers) == Set(pointers), "\(answer.text)")
            }
            #expect(try await api.get("/v1/workflow_runs").rows.isEmpty)
        }
    }

    @Test("a kill is accepted once, and what ended says how", arguments: DatabaseKind.available)
    func kill(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.registerDiamond()
            let id = try await api.start(Self.body)
            let killed = try await api.send(.delete, "/v1/workflow_runs/job%207?reason=wrong%20target")
            #expect(killed.status == 202, "\(killed.text)")
            #expect(try killed.json["status"]?.string == "cancelled")
            #expect(try killed.json["cancel_reason"]?.string == "wrong target")
            #expect(Set(try await api.states("\(id)").values) == ["cancelled"])
            let again = try await api.send(.delete, "/v1/workflow_runs/\(id)")
            #expect(again.status == 409)
            #expect(try again.problemCode == "already_finished")
            #expect(try await api.post("/v1/workflow_runs/\(id)/events", #"{"name": "go"}"#).problemCode == "already_finished")
            #expect(try await api.send(.delete, "/v1/workflow_runs/\(id + 1000)").status == 404)
        }
    }

    @Test("a failed run says why, and a retry keeps what succeeded", arguments: DatabaseKind.available)
    func retry(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.registerDiamond()
            let id = try await api.start(Self.body)
            #expect(try await api.post("/v1/workflow_runs/\(id)/retry").problemCode == "not_finished")
            try await api.succeed()
            try await api.fail()
            try await api.succeed()
            let failed = try await api.run("\(id)")
            #expect(failed["status"]?.string == "failed")
            #expect(failed["failed_nodes"]?.int64 == 1)
            #expect(failed["error"]?["node"]?.string == "left")
            #expect(failed["error"]?["code"]?.string == "boom")
            #expect(try await api.states("\(id)")["end"] == "skipped")

            let retried = try await api.post("/v1/workflow_runs/job%207/retry")
            #expect(retried.status == 202, "\(retried.text)")
            #expect(try retried.json["retried_nodes"]?.int64 == 2)
            #expect(try await api.states("\(id)") == ["scan": "succeeded", "left": "queued", "right": "succeeded", "end": "waiting"])
            try await api.succeed(2)
            #expect(try await api.run("\(id)")["status"]?.string == "succeeded")
            #expect(try await api.post("/v1/workflow_runs/\(id)/retry").problemCode == "conflict")

            let restarted = try await api.post("/v1/workflow_runs/\(id)/restart")
            #expect(restarted.status == 202)
            #expect(try restarted.json["workflow_run_id"]?.int64 != id)
            #expect(try restarted.json["params"]?["target"]?.string == "x")
            #expect(try restarted.json["metadata"]?["folder_id"]?.int64 == 5)
        }
    }

    @Test("the list is newest first and knows states and workflows", arguments: DatabaseKind.available)
    func list(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.registerDiamond()
            _ = try await api.post("/v1/workflows", #"{"name": "one", "nodes": [{"id": "a", "task": "demo.noop"}]}"#)
            let ids = [try await api.start(Self.body), try await api.start(#"{"workflow_id": "one"}"#)]
            let third = try await api.start(#"{"workflow_id": "one@1"}"#)
            #expect(try await api.send(.delete, "/v1/workflow_runs/\(ids[0])").status == 202)
            func list(_ query: String) async throws -> [Int64] {
                try await api.get("/v1/workflow_runs\(query)").rows.compactMap { $0["workflow_run_id"]?.int64 }
            }
            #expect(try await list("") == [third, ids[1], ids[0]])
            #expect(try await list("?workflow_id=one") == [third, ids[1]])
            #expect(try await list("?workflow_id=one@2") == [])
            #expect(try await list("?status=cancelled") == [ids[0]])
            #expect(try await list("?status=pending&workflow_id=one") == [third, ids[1]])
            for state in ["succeeded", "failed", "timed_out", "running"] { #expect(try await list("?status=\(state)") == []) }
            let page = try await api.get("/v1/workflow_runs?limit=1").json
            #expect(try await list("?limit=5&cursor=\(try #require(page["next_cursor"]?.string))") == [ids[1], ids[0]])
            #expect(try await api.get("/v1/workflow_runs?status=done").status == 400)
        }
    }

    @Test("an event lets the node go on that waits for it", arguments: DatabaseKind.available)
    func events(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.database.insertQueue(SystemQueue.name, pool: SystemQueue.name)
            let text =
                #"{"name": "ask", "nodes": [{"id": "wait", "wait_event": {"name": "ok", "timeout_ms": 60000}}, {"id": "go", "task": "demo.noop", "depends_on": ["wait"]}]}"#
            let registered = try await api.post("/v1/workflows", text)
            #expect(registered.status == 201, "\(registered.text)")
            let id = try await api.start(#"{"workflow_id": "ask"}"#)
            #expect(try await api.states("\(id)") == ["wait": "scheduled", "go": "waiting"])
            let nodes = try await api.run("\(id)")["nodes"]?.elements.compactMap { $0["task_id"]?.int64 } ?? []
            let whys = [try await api.get("/v1/tasks/\(nodes[0])/why").json, try await api.get("/v1/tasks/\(nodes[1])/why").json]
            #expect(whys[0]["reasons"]?.elements.first?["code"]?.string == "waiting_for_event")
            #expect(whys[0]["reasons"]?.elements.first?["event"]?.string == "ok")
            #expect(whys[1]["summary"]?.string == "It waits for wait (scheduled).")
            #expect(whys[1]["reasons"]?.elements.first?["parents"]?.elements.first?["task_id"]?.int64 == nodes[0])
            let other = try await api.post("/v1/workflow_runs/\(id)/events", #"{"name": "other"}"#)
            #expect(other.status == 202)
            #expect(try other.json["waiting_nodes"]?.int64 == 0)
            let sent = try await api.post("/v1/workflow_runs/\(id)/events", #"{"name": "ok", "data": {"by": "me"}}"#)
            #expect(try sent.json["waiting_nodes"]?.int64 == 1)
            #expect(try await api.states("\(id)") == ["wait": "succeeded", "go": "queued"])
            #expect(try await api.run("\(id)")["nodes"]?.elements.first?["output"]?["by"]?.string == "me")
            #expect(try await api.post("/v1/workflow_runs/\(id)/events", #"{"data": 1}"#).pointers == ["/name"])
        }
    }

    @Test("log lines of all nodes come in order, by node and level, and the graph shows states", arguments: DatabaseKind.available)
    func logs(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.registerDiamond()
            let id = try await api.start(Self.body)
            let nodes = try await api.run("\(id)")["nodes"]?.elements ?? []
            let tasks = nodes.compactMap { $0["task_id"]?.int64 }
            let now = api.clock.now
            try await api.database.write { connection in
                let lines = [(0, "info", "one"), (1, "warning", "two"), (0, "error", "three")].map { node, level, text in
                    JournalWrites.Line(task: tasks[node], attempt: 1, level: level, message: text, at: now)
                }
                try JournalWrites.insert(lines, now: now, on: connection)
            }
            func lines(_ query: String) async throws -> [String?] {
                try await api.get("/v1/workflow_runs/job%207/logs\(query)").rows.map { $0["message"]?.string }
            }
            #expect(try await lines("") == ["one", "two", "three"])
            #expect(try await lines("?node=scan") == ["one", "three"])
            #expect(try await lines("?level=warning") == ["two", "three"])
            #expect(try await api.get("/v1/workflow_runs/\(id)/logs?node=none").status == 400)
            let page = try await api.get("/v1/workflow_runs/\(id)/logs?limit=1").json
            #expect(page["data"]?.elements.first?["node"]?.string == "scan")
            #expect(try await lines("?cursor=\(try #require(page["next_cursor"]?.string))") == ["two", "three"])

            try await api.succeed()
            let graph = try await api.get("/v1/workflow_runs/\(id)/graph.svg")
            #expect(graph.status == 200)
            #expect(graph.text.contains("succeeded") && graph.text.contains("queued") && graph.text.contains("waiting"))
        }
    }

    @Test("a run of another tenant is not there")
    func tenants() async throws {
        try await TestAPI.with(.sqlite) { api in
            try await api.registerDiamond()
            let id = try await api.start(Self.body)
            _ = try await api.database.write { try $0.execute("UPDATE workflow_runs SET tenant = 'globex'") }
            for path in ["", "/logs", "/graph.svg", "/nodes/scan/elements"] {
                #expect(try await api.get("/v1/workflow_runs/\(id)\(path)").status == 404, "\(path)")
                #expect(try await api.get("/v1/workflow_runs/job%207\(path)").status == 404, "\(path)")
            }
            #expect(try await api.get("/v1/workflow_runs").rows.isEmpty)
            #expect(try await api.send(.delete, "/v1/workflow_runs/\(id)").status == 404)
            for action in ["retry", "restart"] { #expect(try await api.post("/v1/workflow_runs/\(id)/\(action)").status == 404) }
            #expect(try await api.post("/v1/workflow_runs/\(id)/events", #"{"name": "ok"}"#).status == 404)
        }
    }

    @Test("statistics count ended runs by status, hour and workflow", arguments: DatabaseKind.available)
    func stats(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            _ = try await api.post("/v1/workflows", #"{"name": "one", "nodes": [{"id": "a", "task": "demo.noop"}]}"#)
            let empty = try await api.get("/v1/workflow_runs/stats").json
            #expect(empty["success_rate"]?.isNull == true)
            for _ in 0..<4 { _ = try await api.start(#"{"workflow_id": "one"}"#) }
            try await api.succeed(2)
            try await api.fail()
            let stats = try await api.get("/v1/workflow_runs/stats?hours=3").json
            #expect(stats["by_status"]?["succeeded"]?.int64 == 2)
            #expect(stats["by_status"]?["failed"]?.int64 == 1)
            #expect(stats["by_status"]?["pending"]?.int64 == 1)
            #expect(stats["ended"]?.int64 == 3)
            #expect(stats["success_rate"]?.double.map { ($0 * 1000).rounded() } == 667)
            #expect(stats["duration_ms"]?["approximate"]?.bool == true)
            #expect(stats["duration_ms"]?["p50"]?.int64 != nil)
            #expect(stats["runs_per_hour"]?.elements.map { $0["ended"]?.int64 } == [0, 0, 3])
            #expect(stats["workflows"]?.elements.map { $0["workflow_id"]?.string } == ["one"])
            #expect(try await api.get("/v1/workflow_runs/stats?workflow_id=two").json["ended"]?.int64 == 0)
        }
    }
}

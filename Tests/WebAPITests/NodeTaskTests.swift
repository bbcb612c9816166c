import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

/// Tasks that are nodes of workflow runs, seen as tasks.
@Suite("Tasks of workflow runs over HTTP", .timeLimit(.minutes(2)))
struct NodeTaskTests {
    private static let body = #"{"workflow_id": "diamond", "params": {"target": "x"}, "job_run_id": "nightly"}"#

    @Test("the tasks of a run are found by its id and by its name", arguments: DatabaseKind.available)
    func list(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.registerDiamond()
            let other = try await api.submit()
            let run = try await api.start(Self.body)
            _ = try await api.start(#"{"workflow_id": "diamond", "params": {"target": "y"}}"#)
            let tasks = try await api.run("nightly")["nodes"]?.elements.compactMap { $0["task_id"]?.int64 } ?? []
            func list(_ query: String) async throws -> [Int64] {
                try await api.get("/v1/tasks?\(query)").rows.compactMap { $0["id"]?.int64 }
            }
            #expect(try await list("workflow_run_id=\(run)") == tasks.reversed())
            #expect(try await list("workflow_run_id=nightly") == tasks.reversed())
            #expect(try await list("workflow_run_id=nightly&state=queued&type=demo.echo") == [tasks[0]])
            #expect(try await list("workflow_run_id=nightly&queue=slow") == [])
            #expect(try await list("workflow_run_id=nightly&tag=none") == [])
            #expect(try await list("workflow_run_id=none") == [])
            #expect(try await list("workflow_run_id=\(other)") == [])
            let page = try await api.get("/v1/tasks?workflow_run_id=nightly&limit=3").json
            let cursor = try #require(page["next_cursor"]?.string)
            #expect(try await list("workflow_run_id=nightly&limit=3&cursor=\(cursor)") == [tasks[0]])
            _ = try await api.database.write { try $0.execute("UPDATE workflow_runs SET tenant = 'globex'") }
            #expect(try await list("workflow_run_id=\(run)") == [])
        }
    }

    @Test("a node's task shows what the node is given, as far as it is known", arguments: DatabaseKind.available)
    func input(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.registerDiamond()
            let run = try await api.start(Self.body)
            let tasks = try await api.run("nightly")["nodes"]?.elements.compactMap { $0["task_id"]?.int64 } ?? []
            func task(_ index: Int) async throws -> JSONValue { try await api.get("/v1/tasks/\(tasks[index])").json }
            let scan = try await task(0)
            #expect(scan["input"]?.rawText == #"{"target":"x","depth":2}"#)
            #expect(scan["workflow_run_id"]?.int64 == run && scan["node"]?.string == "scan" && scan["element"]?.isNull == true)
            #expect(try await task(3)["input"]?.rawText == #"{"got":"${nodes.scan.output}"}"#)
            try await api.succeed(output: #"{"rows": [1, 2.50]}"#)
            #expect(try await task(3)["input"]?.rawText == #"{"got":{"rows": [1, 2.50]}}"#)
            #expect(try await task(1)["input"]?.rawText == "{}")
            // One that is no node says nothing of nodes.
            let plain = try await api.get("/v1/tasks/\(try await api.submit())").json
            #expect(plain["node"] == nil && plain["input"]?.rawText == "{}")
        }
    }

    @Test("what leads nowhere, what is another's secret and the element stay references", arguments: DatabaseKind.available)
    func references(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let definition = """
                {"name": "odd", "parameters": [{"name": "items", "type": "array"}, {"name": "none", "type": "object"}], "nodes": [
                    {"id": "list", "task": "demo.echo", "foreach": "${params.items}", "input": {"of": "${run.id}/${item.a}", "at": "${index}"}},
                    {"id": "after", "task": "demo.echo", "depends_on": ["list"],
                     "input": {"bad": "${params.items[9]}", "null": "${params.none.deep}", "text": "n=${params.items[0].a} $${kept} ${nodes.list.output}"}}]}
                """
            #expect(try await api.post("/v1/workflows", definition).status == 201)
            let run = try await api.start(#"{"workflow_id": "odd", "params": {"items": [{"a": "b\"c"}]}}"#)
            let rows = try await api.get("/v1/tasks?workflow_run_id=\(run)").rows.compactMap { $0["id"]?.int64 }.sorted()
            let inputs = try await rows.asyncMap { try await api.get("/v1/tasks/\($0)").json["input"]?.rawText }
            #expect(
                inputs == [
                    #"{"of":"\#(run)/${item.a}","at":"${index}"}"#,
                    #"{"bad":"${params.items[9]}","null":null,"text":"n=b\"c ${kept} ${nodes.list.output}"}"#,
                    #"{"of":"\#(run)/b\"c","at":0}"#,
                ])
        }
    }

    @Test("reading a task waits for its end too, and refuses what it does not know", arguments: DatabaseKind.available)
    func wait(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            let task = try await api.claimOne()
            let now = api.clock.now
            async let waiting = api.get("/v1/tasks/\(id)?wait_ms=60000")
            let changes = try await api.database.write { try Complete.complete([.init(task: task, output: "[1]")], now: now, on: $0) }
            api.service.announce(changes)
            let answer = try await waiting
            #expect(answer.status == 200)
            #expect(try answer.json["state"]?.string == "succeeded" && answer.json["attempts"]?.elements.count == 1)
            #expect(try await api.get("/v1/tasks/\(id)?wait=1").pointers == ["?wait"])
            #expect(try await api.get("/v1/tasks/\(id)?wait_ms=60001").status == 400)
            #expect(try await api.get("/v1/tasks/\(id + 1000)?wait_ms=1").status == 404)
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<T>(_ transform: (Element) async throws -> T) async rethrows -> [T] {
        var mapped: [T] = []
        for element in self { mapped.append(try await transform(element)) }
        return mapped
    }
}

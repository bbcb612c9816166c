import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

/// What lists of runs, elements and schedules cost is bounded by bytes as well as by rows.
@Suite("Pages that hold what clients sent", .timeLimit(.minutes(5)))
struct RunPageTests {
    private static let long = String(repeating: "x", count: 200 << 10)

    /// All pages of a list: how many rows each has, and the rows.
    private func pages(_ api: TestAPI, _ path: String) async throws -> (sizes: [Int], rows: [JSONValue]) {
        var (sizes, rows): ([Int], [JSONValue]) = ([], [])
        var cursor: String?
        repeat {
            let answer = try await api.get(path + (cursor.map { "&cursor=\($0)" } ?? ""))
            #expect(answer.status == 200 && answer.text.utf8.count < 2 << 20, "\(answer.text.prefix(300))")
            sizes.append(try answer.rows.count)
            rows += try answer.rows
            cursor = try answer.json["next_cursor"]?.string
        } while cursor != nil && sizes.count < 50
        return (sizes, rows)
    }

    @Test("runs with long parameters come in more pages, and none is missing", arguments: DatabaseKind.available)
    func runs(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.registerDiamond()
            var ids: [Int64] = []
            for index in 0..<12 {
                let target = index.isMultiple(of: 4) ? "short" : Self.long
                ids.append(try await api.start(#"{"workflow_id": "diamond", "params": {"target": "\#(target)"}}"#))
            }
            let (sizes, rows) = try await pages(api, "/v1/workflow_runs?limit=500")
            #expect(rows.compactMap { $0["workflow_run_id"]?.int64 } == ids.reversed())
            #expect(sizes == [6, 6] || sizes == [7, 5], "\(sizes)")
        }
    }

    @Test("elements with long outputs come in more pages, one of a megabyte in one of its own", arguments: DatabaseKind.available)
    func elements(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let run = try await list(of: 12, api)
            let megabyte = String(repeating: "y", count: 1 << 20)
            try await api.database.write { connection in
                for index in 0..<10 {
                    let output = index == 5 ? "\"\(megabyte)\"" : "\"\(Self.long)\""
                    try connection.execute(
                        """
                        INSERT INTO task_results (task_id, output, created_at)
                        SELECT t.id, \(output), 1 FROM tasks AS t WHERE t.run_id = \(run) AND t.element = \(index)
                        """)
                }
            }
            let (sizes, rows) = try await pages(api, "/v1/workflow_runs/\(run)/nodes/list/elements?limit=500")
            #expect(rows.compactMap { $0["index"]?.int64 } == Array(0..<12))
            #expect(sizes == [5, 1, 6], "\(sizes)")
            #expect(rows[5]["output"]?.string?.utf8.count == 1 << 20)
        }
    }

    @Test("10,000 elements are listed page by page, and by state", arguments: DatabaseKind.available)
    func manyElements(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let run = try await list(of: 10_000, api)
            let (sizes, rows) = try await pages(api, "/v1/workflow_runs/\(run)/nodes/list/elements?limit=500")
            #expect(sizes == Array(repeating: 500, count: 20))
            #expect(rows.compactMap { $0["index"]?.int64 } == Array(0..<10_000))
            #expect(try await api.run("\(run)")["nodes"]?.elements.first?["elements"]?["queued"]?.int64 == 10_000)
            try await api.database.write { connection in
                _ = try connection.execute(
                    "UPDATE tasks SET state = 'failed', finished_at = 1 WHERE run_id = \(run) AND element IN (17, 9999)")
            }
            let failed = try await api.get("/v1/workflow_runs/\(run)/nodes/list/elements?state=failed&limit=1")
            #expect(try failed.rows.compactMap { $0["index"]?.int64 } == [17])
            let cursor = try #require(try failed.json["next_cursor"]?.string)
            let last = try await api.get("/v1/workflow_runs/\(run)/nodes/list/elements?state=failed&limit=1&cursor=\(cursor)")
            #expect(try last.rows.compactMap { $0["index"]?.int64 } == [9999])
            #expect(try last.json["next_cursor"]?.isNull == true)
        }
    }

    @Test("outputs beyond eight megabytes are left out of the run, and their tasks have them", arguments: DatabaseKind.available)
    func omitted(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let nodes = (0..<10).map { #"{"id": "n\#($0)", "task": "demo.noop"}"# }.joined(separator: ", ")
            #expect(try await api.post("/v1/workflows", #"{"name": "wide", "nodes": [\#(nodes)]}"#).status == 201)
            let run = try await api.start(#"{"workflow_id": "wide"}"#)
            let output = "\"\(String(repeating: "z", count: (1 << 20) - 2))\""
            for _ in 0..<10 { try await api.succeed(output: output) }
            let answer = try await api.run("\(run)")
            #expect(answer["status"]?.string == "succeeded")
            let rows = answer["nodes"]?.elements ?? []
            #expect(rows.map { $0["output_omitted"]?.bool ?? false } == Array(repeating: false, count: 8) + [true, true])
            #expect(rows.map { $0["output"]?.isNull ?? true } == Array(repeating: false, count: 8) + [true, true])
            #expect(answer["output"]?.isNull == true)
            let task = try #require(rows.last?["task_id"]?.int64)
            #expect(try await api.get("/v1/tasks/\(task)").json["result"]?.rawText.utf8.count == 1 << 20)
        }
    }

    @Test("schedules with long inputs come in more pages", arguments: DatabaseKind.available)
    func schedules(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            for index in 0..<8 {
                let body = #"{"name": "s\#(index)", "every_ms": 60000, "task": {"type": "demo.noop", "input": {"a": "\#(Self.long)"}}}"#
                #expect(try await api.post("/v1/schedules", body).status == 201)
            }
            let (sizes, rows) = try await pages(api, "/v1/schedules?limit=500")
            #expect(rows.compactMap { $0["name"]?.string } == (0..<8).map { "s\($0)" })
            #expect(sizes == [5, 3], "\(sizes)")
        }
    }

    /// A run whose only node goes through a list of so many.
    private func list(of count: Int, _ api: TestAPI) async throws -> Int64 {
        let registered = try await api.post(
            "/v1/workflows",
            #"{"name": "list", "parameters": [{"name": "items", "type": "array"}], "nodes": [{"id": "list", "task": "demo.noop", "foreach": "${params.items}"}]}"#
        )
        #expect(registered.status == 201, "\(registered.text)")
        let items = (0..<count).map { "\($0)" }.joined(separator: ",")
        return try await api.start(#"{"workflow_id": "list", "params": {"items": [\#(items)]}}"#)
    }
}

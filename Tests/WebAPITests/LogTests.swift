import JSONText
import Storage
import TestSupport
import Testing

@Suite("Task logs over HTTP", .timeLimit(.minutes(5)))
struct LogTests {
    @Test("lines come in the order of their commits, page by page", arguments: DatabaseKind.available)
    func pages(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            let other = try await api.submit()
            for index in 0..<7 { try await api.log(id, "line \(index)") }
            try await api.log(other, "not mine")
            var messages: [String] = []
            var path: String? = "/v1/tasks/\(id)/logs?limit=3"
            while let next = path {
                let page = try await api.get(next).json
                messages += page["data"]?.elements.compactMap { $0["message"]?.string } ?? []
                path = page["next_cursor"]?.string.map { "/v1/tasks/\(id)/logs?limit=3&cursor=\($0)" }
            }
            #expect(messages == (0..<7).map { "line \($0)" })
        }
    }

    @Test("a level shows itself and what is more serious", arguments: DatabaseKind.available)
    func levels(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            for level in ["info", "error", "warning", "critical", "notice"] { try await api.log(id, "a line", level: level) }
            func levels(_ query: String) async throws -> [String?] {
                try await api.get("/v1/tasks/\(id)/logs\(query)").rows.map { $0["level"]?.string }
            }
            #expect(try await levels("?level=warning") == ["error", "warning", "critical"])
            #expect(try await levels("?level=trace").count == 5)
            #expect(try await levels("?level=critical") == ["critical"])
            let wrong = try await api.get("/v1/tasks/\(id)/logs?level=loud")
            #expect(wrong.status == 400)
            #expect(try wrong.pointers == ["?level"])
        }
    }

    @Test("an attempt's lines are shown alone", arguments: DatabaseKind.available)
    func attempts(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            for (attempt, message) in [(1, "first"), (2, "second"), (2, "third")] { try await api.log(id, message, attempt: attempt) }
            func messages(_ query: String) async throws -> [String?] {
                try await api.get("/v1/tasks/\(id)/logs\(query)").rows.map { $0["message"]?.string }
            }
            #expect(try await messages("?attempt=2") == ["second", "third"])
            #expect(try await messages("?attempt=1") == ["first"])
            #expect(try await messages("?attempt=3") == [])
            #expect(try await api.get("/v1/tasks/\(id)/logs?attempt=0").status == 400)
        }
    }

    @Test("a running task is followed by the id of the last line", arguments: DatabaseKind.available)
    func follow(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            try await api.log(id, "one")
            let first = try #require(try await api.get("/v1/tasks/\(id)/logs").rows.last?["id"]?.int64)
            #expect(try await api.get("/v1/tasks/\(id)/logs?after=\(first)").rows.isEmpty)
            for message in ["two", "three", "four"] { try await api.log(id, message) }
            let page = try await api.get("/v1/tasks/\(id)/logs?after=\(first)&limit=2")
            #expect(try page.rows.map { $0["message"]?.string } == ["two", "three"])
            let cursor = try #require(try page.json["next_cursor"]?.string)
            #expect(try await api.get("/v1/tasks/\(id)/logs?cursor=\(cursor)").rows.map { $0["message"]?.string } == ["four"])
            let both = try await api.get("/v1/tasks/\(id)/logs?after=\(first)&cursor=\(cursor)")
            #expect(both.status == 400)
            #expect(try both.pointers == ["?after"])
        }
    }

    @Test("a page of long lines ends early and goes on at its cursor", arguments: DatabaseKind.available)
    func longLines(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            let long = String(repeating: "ü", count: 150_000)
            for _ in 0..<8 { try await api.log(id, long) }
            var counts: [Int] = []
            var path: String? = "/v1/tasks/\(id)/logs"
            while let next = path {
                let page = try await api.get(next)
                counts.append(try page.rows.count)
                path = try page.json["next_cursor"]?.string.map { "/v1/tasks/\(id)/logs?cursor=\($0)" }
            }
            #expect(counts == [3, 3, 2], "three lines of 300,000 bytes are within 1 MiB, four are not")
        }
    }

    @Test("a line says when, how serious and in which attempt", arguments: DatabaseKind.available)
    func line(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            try await api.log(id, "50 % of \"it\"\n")
            let line = try #require(try await api.get("/v1/tasks/\(id)/logs").rows.first)
            #expect(line.keys == ["id", "attempt", "level", "message", "time"])
            #expect(line["attempt"]?.int64 == 1)
            #expect(line["level"]?.string == "info")
            #expect(line["message"]?.string == "50 % of \"it\"\n")
            #expect(line["time"]?.string == "1970-01-12T13:46:40.000000Z")
        }
    }
}

extension TestAPI {
    fileprivate func log(_ task: Int64, _ message: String, level: String = "info", attempt: Int = 1) async throws {
        let now = clock.now
        _ = try await database.write { connection in
            try connection.execute(
                """
                INSERT INTO task_logs (id, task_id, attempt, level, message, logged_at)
                VALUES (\(try connection.allocateID()), \(task), \(attempt), \(level), \(message), \(now))
                """)
        }
    }
}

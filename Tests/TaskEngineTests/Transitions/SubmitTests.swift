import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Submit", .timeLimit(.minutes(5)))
struct SubmitTests {
    @Test("a task is queued with everything it was submitted with", arguments: DatabaseKind.available)
    func one(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue("mail")
            var new = NewTask.sample(
                tenant: "tänant", type: "mail.send", queue: "mail", priority: 2, input: #"{"to": "a@b", "n": 1.50}"#, maxRetries: 7,
                tags: #"["x"]"#, metadata: #"{"k":"v"}"#)
            new.softMilliseconds = 100
            new.timeoutMilliseconds = 200
            let submitted = new
            let result = try await database.write { try Submit.submit([submitted], now: 42, on: $0) }
            guard case .submitted(let done) = result, let id = done.ids.first else { throw FixtureError("not submitted") }
            #expect(done.existing == [] && done.changes == done.tasks.compactMap(\.self))
            #expect(done.changes == [TaskChange(tenant: "tänant", id: id, version: 1, state: .queued, type: "mail.send", queue: "mail")])
            let task = try await database.task(id)
            #expect(task.state == .queued && task.tenant == "tänant" && task.type == "mail.send" && task.queue == "mail")
            #expect(task.priority == 2 && task.maxRetries == 7 && task.softMilliseconds == 100 && task.timeoutMilliseconds == 200)
            #expect(task.readyAt == 42 && task.createdAt == 42 && task.version == 1)
            #expect(task.attempt == 0 && task.attemptBase == 0 && task.claim == 0 && task.lost == 0)
            #expect(task.worker == nil && task.startedAt == nil && task.finishedAt == nil && task.errorCode == nil)
            // The client's own bytes.
            #expect(task.input == #"{"to": "a@b", "n": 1.50}"# && task.tags == #"["x"]"# && task.metadata == #"{"k":"v"}"#)
        }
    }

    @Test("a task without input, tags and metadata has no payload row", arguments: DatabaseKind.available)
    func noPayload(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            let ids = try await database.submit([.sample(), .sample(input: "[]"), .sample(tags: "[]"), .sample(metadata: "{}")])
            let withPayload = try await database.read { try $0.rows("SELECT task_id FROM task_payloads ORDER BY task_id") { $0.int(0) } }
            #expect(withPayload == Array(ids.dropFirst()))
        }
    }

    @Test("many tasks get ascending ids in their order", arguments: DatabaseKind.available)
    func many(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            let ids = try await database.submit((0..<3000).map { .sample(input: "\($0)") })
            #expect(ids.count == 3000 && ids == ids.sorted() && Set(ids).count == 3000)
            let stored = try await database.read { connection in
                try connection.rows("SELECT t.id, p.input FROM tasks t JOIN task_payloads p ON p.task_id = t.id ORDER BY t.id") {
                    ($0.int(0), $0.text(1))
                }
            }
            #expect(stored.map(\.0) == ids)
            #expect(stored.map(\.1) == (0..<3000).map(String.init))
        }
    }

    @Test("no tasks are no rows", arguments: DatabaseKind.available)
    func none(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let ids = try await database.submit([])
            #expect(ids == [])
        }
    }

    @Test("a task whose time lies ahead is scheduled, any other is ready now", arguments: DatabaseKind.available)
    func delayed(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            let ids = try await database.submit([.sample(runAt: 101), .sample(runAt: 100), .sample(runAt: 99)], now: 100)
            let tasks = [try await database.task(ids[0]), try await database.task(ids[1]), try await database.task(ids[2])]
            #expect(tasks.map(\.state) == [.scheduled, .queued, .queued])
            #expect(tasks.map(\.readyAt) == [101, 100, 100])
            #expect(tasks.map(\.createdAt) == [100, 100, 100])
        }
    }

    @Test("one unknown queue refuses all tasks and says which", arguments: DatabaseKind.available)
    func unknownQueue(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            let result = try await database.write { connection in
                try Submit.submit([.sample(), .sample(queue: "nowhere"), .sample(queue: "neither")], now: 0, on: connection)
            }
            guard case .unknownQueue(let index, let queue) = result else { throw FixtureError("submitted") }
            #expect(index == 1 && queue == "nowhere")
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 0)
        }
    }

    @Test("a task that breaks a rule of the table refuses all of its call", arguments: DatabaseKind.available)
    func refusedRow(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            for bad in [NewTask.sample(priority: 10), .sample(priority: -1), .sample(maxRetries: -1)] {
                let error = await #expect(throws: StorageError.self) { try await database.submit([.sample(), bad]) }
                #expect(error?.code == .constraint)
            }
            let left = try await database.count("SELECT COUNT(*) FROM tasks")
            #expect(left == 0)
        }
    }

    @Test("a paused queue takes tasks", arguments: DatabaseKind.available)
    func pausedQueue(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue(paused: true)
            let id = try await database.submit(.sample())
            #expect(try await database.task(id).state == .queued)
        }
    }
}

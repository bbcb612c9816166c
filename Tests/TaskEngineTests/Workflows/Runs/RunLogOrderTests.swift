import Storage
import TaskEngine
import TestSupport
import Testing

@Suite(
    "Lines of a run that two processes write at once", .enabled(if: PostgresSchema.isAvailable, "\(PostgresSchema.reason)"),
    .timeLimit(.minutes(2)))
struct RunLogOrderTests {
    @Test("a reader that goes on behind the last line it saw misses none that was committed later")
    func order() async throws {
        try await withDatabasePlace(.postgres) { place in
            let (slow, quick, reader) = try await (place.open(poolSize: 1), place.open(poolSize: 1), place.open())
            defer { for database in [slow, quick, reader] { database.close() } }
            try await place.migrate(reader)
            let (run, task) = try await start(on: reader)
            let watch = try await BlockWatch(quick, observer: reader)
            let gate = TestGate()
            let first = try await writing(line(task, of: run, "one"), on: slow, until: gate)
            let second = Task {
                try await quick.write { connection in _ = try JournalWrites.insert([line(task, of: run, "two")], now: 2, on: connection) }
            }
            try await watch.untilDoneOrWaiting(second)
            let seen = try await lines(of: run, after: nil, on: reader)
            gate.open()
            try await first.value
            try await second.value
            let rest = try await lines(of: run, after: seen.last?.line.id, on: reader)
            #expect((seen + rest).map(\.line.message) == ["one", "two"])
        }
    }

    @Test("lines of different runs, and of tasks that are no nodes, wait for nobody")
    func apart() async throws {
        try await withDatabasePlace(.postgres) { place in
            let (slow, quick) = try await (place.open(poolSize: 1), place.open(poolSize: 1))
            defer { for database in [slow, quick] { database.close() } }
            try await place.migrate(quick)
            let (run, task) = try await start(on: quick)
            let (other, otherTask) = try await start(on: quick)
            let gate = TestGate()
            let first = try await writing(line(task, of: run, "one"), on: slow, until: gate)
            let taken = try await quick.write { connection in
                try JournalWrites.insert([line(otherTask, of: other, "two"), line(otherTask, of: nil, "three")], now: 2, on: connection)
            }
            #expect(taken == 2)
            gate.open()
            try await first.value
        }
    }

    private func start(on database: any Database) async throws -> (run: Int64, task: Int64) {
        try await database.write { connection in
            try QueueSetup.insertMissing(
                [.init(name: "flow", pool: "default", weight: 1), SystemQueue.definition], now: 1, on: connection)
            _ = try RegisterWorkflow.register(
                InterleavingWorld.definition(nodes: 4), tenant: InterleavingWorld.tenant, now: 1, on: connection)
            let result = try StartRun.start(
                .init(workflow: "flow"), tenant: InterleavingWorld.tenant, Workflows(), now: 1, on: connection)
            guard case .started(let run, let changes) = result, let task = changes.first?.id else {
                throw FixtureError("the run was not started")
            }
            return (run, task)
        }
    }

    /// Returns when the line is written; its transaction is committed when the gate is open.
    private func writing(_ line: JournalWrites.Line, on database: any Database, until gate: TestGate) async throws -> Task<Void, any Error>
    {
        let written = TestSignal<Void>()
        let writing = Task {
            try await database.write { connection in
                try JournalWrites.insert([line], now: 2, on: connection)
                written.send()
                try gate.pass()
            }
        }
        try await written.wait()
        return writing
    }

    private func line(_ task: Int64, of run: Int64?, _ text: String) -> JournalWrites.Line {
        .init(task: task, run: run, attempt: 1, level: "info", message: text, at: 2)
    }

    private func lines(of run: Int64, after last: Int64?, on database: any Database) async throws -> [RunLogLine] {
        try await database.read { connection in
            try RunLogs.page(run: run, tenant: InterleavingWorld.tenant, after: last, limit: 10, on: connection).rows
        }
    }
}

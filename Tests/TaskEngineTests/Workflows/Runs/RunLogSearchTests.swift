import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Lines of a run that are looked for among all", .timeLimit(.minutes(2)))
struct RunLogSearchTests {
    private static let levels = ["info", "info", "info", "warning", "info", "warning", "warning"]

    @Test("a page ends after the lines it may look at, and the next goes on there", arguments: DatabaseKind.available)
    func bounded(kind: DatabaseKind) async throws {
        try await withRun(kind) { database, run in
            let found = try await pages(of: run, level: .warning, limit: 10, database)
            #expect(found == [[], ["3", "5"], ["6"]])
        }
    }

    @Test("a page that is full ends at its last line", arguments: DatabaseKind.available)
    func full(kind: DatabaseKind) async throws {
        try await withRun(kind) { database, run in
            let found = try await pages(of: run, level: .warning, limit: 1, database)
            #expect(found == [[], ["3"], ["5"], ["6"]])
        }
    }

    @Test("who sees all lines looks for none", arguments: DatabaseKind.available)
    func all(kind: DatabaseKind) async throws {
        try await withRun(kind) { database, run in
            for level in [nil, TaskLogLevel.trace] {
                let found = try await pages(of: run, level: level, limit: 5, database)
                #expect(found == [["0", "1", "2", "3", "4"], ["5", "6"]])
            }
        }
    }

    /// A run whose first node wrote a line of each of the levels.
    private func withRun(_ kind: DatabaseKind, _ body: (any Database, Int64) async throws -> Void) async throws {
        try await withDatabase(kind) { database in
            let run = try await database.write { connection in
                try QueueSetup.insertMissing(
                    [.init(name: "flow", pool: "default", weight: 1), SystemQueue.definition], now: 1, on: connection)
                _ = try RegisterWorkflow.register(
                    InterleavingWorld.definition(nodes: 4), tenant: InterleavingWorld.tenant, now: 1, on: connection)
                let result = try StartRun.start(
                    .init(workflow: "flow"), tenant: InterleavingWorld.tenant, Workflows(), now: 1, on: connection)
                guard case .started(let run, let changes) = result, let task = changes.first?.id else {
                    throw FixtureError("the run was not started")
                }
                let lines = Self.levels.enumerated().map { index, level in
                    JournalWrites.Line(task: task, run: run, attempt: 1, level: level, message: String(index), at: 2)
                }
                try JournalWrites.insert(lines, now: 2, on: connection)
                return run
            }
            try await body(database, run)
        }
    }

    /// The texts on each page, of which each looks at three lines.
    private func pages(of run: Int64, level: TaskLogLevel?, limit: Int, _ database: any Database) async throws -> [[String]] {
        var (pages, last): ([[String]], Int64?) = ([], nil)
        repeat {
            let after = last
            let page = try await database.read { connection in
                try RunLogs.page(
                    run: run, tenant: InterleavingWorld.tenant, level: level, after: after, limit: limit, lookingThrough: 3,
                    on: connection)
            }
            pages.append(page.rows.map(\.line.message))
            last = page.next
        } while last != nil && pages.count < 20
        return pages
    }
}

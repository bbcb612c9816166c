import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Schedules that start workflows", .timeLimit(.minutes(5)))
struct ScheduledWorkflowTests {
    private static let workflows = Workflows()

    private func register(_ text: String, _ database: any Database) async throws {
        guard case .accepted(let plan, _) = WorkflowDefinition.parse(text, rules: .stored) else {
            throw FixtureError("the workflow was refused")
        }
        _ = try await database.write { try RegisterWorkflow.register(plan.definition, tenant: "acme", now: 0, on: $0) }
    }

    private func schedule(
        _ name: String, _ workflow: String, params: String = "{}", overlap: ScheduleOverlap = .skip, _ database: any Database
    ) async throws -> ScheduleDetail {
        try await database.schedule(
            ScheduleDefinition(
                name: name, timing: .interval(milliseconds: 60_000, anchor: 0),
                target: .workflow(ScheduledWorkflow(id: workflow, params: params)), overlap: overlap))
    }

    private func fire(now: Int64, _ database: any Database) async throws -> FireSchedules.Result {
        try await database.write { try FireSchedules.fire(Self.workflows, now: now, on: $0) }
    }

    private static let one = #"{"name": "one", "nodes": [{"id": "a", "task": "test.sample", "input": {}}]}"#
    private static let other = #"{"name": "one", "nodes": [{"id": "a", "task": "test.sample", "input": {"b": 1}}]}"#
    private static let picky = #"""
        {"name": "picky", "parameters": [{"name": "n", "type": "integer", "required": true}],
         "nodes": [{"id": "a", "task": "test.sample", "input": {"n": "${params.n}"}}]}
        """#

    @Test("a due time starts a run, and the schedule is busy until that has ended", arguments: DatabaseKind.available)
    func starts(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            try await register(Self.one, database)
            let schedule = try await schedule("s", "one", database)
            let first = try await fire(now: minutes(1), database)
            #expect(first.hasRuns && first.changes.count == 1)
            let run = try #require(try await database.firings(of: schedule).first?.run)
            let after = try await database.reread(schedule)
            #expect(after.lastRun == run && after.lastTask == nil && after.nextAt == minutes(2))
            _ = try await fire(now: minutes(2), database)
            try await database.completeNext(worker: worker, now: minutes(2) + 1)
            _ = try await fire(now: minutes(3), database)
            #expect(try await database.history(of: schedule) == ["1 fired", "2 skipped overlap", "3 fired"])
            #expect(try await database.count("SELECT COUNT(*) FROM workflow_runs") == 2)
        }
    }

    @Test("a due time that waits goes on when the run has ended", arguments: DatabaseKind.available)
    func waits(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, worker in
            try await register(Self.one, database)
            let schedule = try await schedule("s", "one", overlap: .queueOne, database)
            for minute in 1...2 { _ = try await fire(now: minutes(Int64(minute)), database) }
            #expect(try await database.history(of: schedule) == ["1 fired", "2 waiting"])
            try await database.completeNext(worker: worker, now: minutes(2) + 1)
            #expect(try await fire(now: minutes(2) + 2, database).hasRuns)
            #expect(try await database.history(of: schedule) == ["1 fired", "2 fired"])
        }
    }

    @Test("a name takes the latest version, name@version that one", arguments: DatabaseKind.available)
    func versions(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            try await register(Self.one, database)
            try await register(Self.other, database)
            let latest = try await schedule("latest", "one", database)
            let first = try await schedule("first", "one@1", database)
            _ = try await fire(now: minutes(1), database)
            for (schedule, version) in [(latest, 2), (first, 1)] {
                let run = try #require(try await database.firings(of: schedule).first?.run)
                #expect(try await database.count("SELECT workflow_version FROM workflow_runs WHERE id = \(run)") == version)
            }
        }
    }

    @Test("what cannot be started is said, and the others start", arguments: DatabaseKind.available)
    func refused(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            try await register(Self.picky, database)
            let unknown = try await schedule("unknown", "no-such", database)
            let version = try await schedule("version", "picky@9", database)
            let without = try await schedule("without", "picky", database)
            let fine = try await schedule("fine", "picky", params: #"{"n": 3}"#, database)
            #expect(try await fire(now: minutes(1), database).changes.count == 1)
            for schedule in [unknown, version, without] {
                #expect(try await database.history(of: schedule) == ["1 skipped refused"])
                #expect(try await database.firings(of: schedule).first?.detail?.isEmpty == false)
            }
            #expect(try await database.history(of: fine) == ["1 fired"])
        }
    }

    @Test("a transaction starts a few runs, and the next one the others", arguments: DatabaseKind.available)
    func few(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            try await register(Self.one, database)
            for index in 0..<FireSchedules.mostRuns + 2 { _ = try await schedule("s\(index)", "one", database) }
            let task = try await database.schedule(.sample("task"))
            #expect(try await fire(now: minutes(1), database).count == FireSchedules.mostRuns + 1)
            #expect(try await database.history(of: task) == ["1 fired"])
            #expect(try await fire(now: minutes(1), database).count == 2)
            #expect(try await fire(now: minutes(1), database).count == 0)
            #expect(try await database.count("SELECT COUNT(*) FROM workflow_runs") == FireSchedules.mostRuns + 2)
        }
    }

    @Test(
        "a name may have an at sign in it",
        arguments: [("a@b", "a@b", nil), ("a@b@2", "a@b", 2), ("a@0", "a@0", nil), ("a@", "a@", nil)] as [(String, String, Int?)])
    func names(_ id: String, _ name: String, _ version: Int?) {
        let workflow = ScheduledWorkflow(id: id, params: "{}")
        #expect(workflow.name == name && workflow.version == version && workflow.id == id)
    }
}

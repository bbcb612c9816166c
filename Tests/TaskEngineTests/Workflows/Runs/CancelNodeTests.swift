import Storage
import TaskEngine
import TestSupport
import Testing

/// A node that waits for its elements or its child run ends with the last of them, also when it is cancelled by itself.
@Suite("Cancelling nodes that have begun", .timeLimit(.minutes(5)))
struct CancelNodeTests {
    /// How the task of the node is cancelled.
    enum Way: CaseIterable {
        case alone, inBulk
    }

    private static let list = """
        {"name": "list", "nodes": [{"id": "each", "task": "demo.noop", "foreach": [1, 2, 3], "concurrency": 2},
            {"id": "after", "task": "demo.noop", "depends_on": ["each"]}]}
        """
    private static let outer = """
        {"name": "outer", "nodes": [{"id": "in", "workflow": {"name": "inner"}},
            {"id": "after", "task": "demo.noop", "depends_on": ["in"]}]}
        """
    private static let inner = """
        {"name": "inner", "nodes": [{"id": "a", "task": "demo.noop"}, {"id": "b", "task": "demo.noop", "depends_on": ["a"]}]}
        """

    /// What was said to whoever cancelled it.
    private enum Answer: Equatable {
        case ended
        case asked(tell: [Int64])
    }

    private func cancel(_ task: Int64, _ way: Way, _ workflows: Workflows, worker: Int64, _ database: any Database) async throws -> Answer {
        switch way {
        case .alone:
            let result = try await database.write {
                try Cancel.cancel(task: task, tenant: RunHarness.tenant, workflows, now: 5, on: $0)
            }
            switch result {
            case .cancelled: return .ended
            case .requested(let change, _, _, let cancels):
                #expect(change.state == .waiting)
                return .asked(tell: cancels)
            case .finished, .unknown: throw FixtureError("it was not cancelled: \(result)")
            }
        case .inBulk:
            let operation = try await database.submit(.sample(queue: "bulk"))
            guard let claimed = try await database.claim(queue: "bulk", worker: worker).first else { throw FixtureError("no operation") }
            let change = BulkChange(
                action: .cancel, operation: .init(id: operation, claim: claimed.claim), tenant: RunHarness.tenant, states: [.waiting],
                ids: [task], lookedTo: task, workflows: workflows)
            guard let result = try await database.write({ try change.apply(now: 5, on: $0) }) else { throw FixtureError("not applied") }
            #expect(result.progress.changed == 1)
            let end = result.further.last { $0.id == task }
            return end?.state == .cancelled ? .ended : .asked(tell: result.cancels)
        }
    }

    private func withRun(
        _ kind: DatabaseKind, _ definitions: [String], _ name: String,
        _ body: (RunHarness, any Database, _ worker: Int64, _ run: Int64) async throws -> Void
    ) async throws {
        try await withWorker(kind) { database, worker in
            try await database.insertQueue("bulk")
            let harness = try await RunHarness(database)
            for definition in definitions { try await harness.register(definition) }
            try await body(harness, database, worker, try await harness.start(name))
        }
    }

    private func succeed(_ tasks: [ClaimedTask], _ harness: RunHarness) async throws {
        let workflows = harness.service.workflows
        _ = try await harness.engine.database.write { try Settle.settle(tasks.map { .init(task: $0) }, [], workflows, now: 6, on: $0) }
    }

    private static let all = DatabaseKind.available.flatMap { kind in Way.allCases.map { (kind, $0) } }

    @Test("a list ends with the last of its elements, as cancelled, and its run after it", arguments: all)
    func elements(kind: DatabaseKind, way: Way) async throws {
        try await withRun(kind, [Self.list], "list") { harness, database, worker, run in
            let claimed = try await database.claim(1, worker: worker)
            let node = try await database.nodes(of: run)[0].task
            let answer = try await cancel(node, way, harness.service.workflows, worker: worker, database)
            #expect(answer == .asked(tell: claimed.map(\.id)))
            #expect(
                try await database.nodes(of: run, elements: true).map(\.state) == [.waiting, .running, .cancelled, .cancelled, .waiting])
            #expect(try await database.run(run).finishedAt == nil)
            guard case .refused(.pending) = try await harness.service.retry(run: run, tenant: RunHarness.tenant) else {
                Issue.record("it was retried beside an element that runs")
                return
            }
            // A handler that returned has done its work.
            try await succeed(claimed, harness)
            #expect(
                try await database.nodes(of: run, elements: true).map(\.state) == [
                    .cancelled, .succeeded, .cancelled, .cancelled, .skipped,
                ])
            #expect(try await database.run(run).state == .failed)
            guard case .retried(2, _) = try await harness.service.retry(run: run, tenant: RunHarness.tenant) else {
                Issue.record("it was not retried")
                return
            }
            #expect(try await database.nodes(of: run, elements: true).map(\.state) == [.waiting, .succeeded, .queued, .queued, .waiting])
            #expect(
                try await database.count("SELECT COUNT(*) FROM tasks WHERE cancel_requested_at IS NOT NULL AND finished_at IS NULL") == 0)
        }
    }

    @Test("a list of which nothing runs ends at once", arguments: all)
    func nothingRuns(kind: DatabaseKind, way: Way) async throws {
        try await withRun(kind, [Self.list], "list") { harness, database, worker, run in
            let node = try await database.nodes(of: run)[0].task
            #expect(try await cancel(node, way, harness.service.workflows, worker: worker, database) == .ended)
            #expect(
                try await database.nodes(of: run, elements: true).map(\.state) == [
                    .cancelled, .cancelled, .cancelled, .cancelled, .skipped,
                ])
            #expect(try await database.run(run).state == .failed)
        }
    }

    @Test("a node that is another workflow ends with its run", arguments: all)
    func child(kind: DatabaseKind, way: Way) async throws {
        try await withRun(kind, [Self.inner, Self.outer], "outer") { harness, database, worker, run in
            let claimed = try await database.claim(worker: worker)
            let node = try await database.nodes(of: run)[0].task
            let answer = try await cancel(node, way, harness.service.workflows, worker: worker, database)
            #expect(answer == .asked(tell: claimed.map(\.id)))
            let child = try #require(claimed.first?.node?.run)
            #expect(try await database.states(of: run) == [.waiting, .waiting])
            #expect(try await database.states(of: child) == [.running, .cancelled])
            try await succeed(claimed, harness)
            #expect(try await database.run(child).state == .cancelled)
            #expect(try await database.states(of: run) == [.cancelled, .skipped])
            #expect(try await database.run(run).state == .failed)
        }
    }

    @Test("an element whose worker dies after that is not run again", arguments: DatabaseKind.available)
    func rescue(kind: DatabaseKind) async throws {
        try await withRun(kind, [Self.list], "list") { harness, database, worker, run in
            _ = try await database.claim(1, worker: worker)
            let node = try await database.nodes(of: run)[0].task
            _ = try await cancel(node, .alone, harness.service.workflows, worker: worker, database)
            _ = try await database.rescue(worker, now: 50)
            #expect(try await database.nodes(of: run, elements: true).prefix(4).allSatisfy { $0.state == .cancelled })
            #expect(try await database.run(run).state == .failed)
        }
    }
}

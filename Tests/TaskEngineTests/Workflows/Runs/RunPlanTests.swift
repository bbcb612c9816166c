import Storage
import TaskEngine
import TestSupport
import Testing

/// What runs cost must go with the nodes at hand, not with the runs, nodes, lines and events there are.
@Suite("Plans of runs among 100,000", .timeLimit(.minutes(5)))
struct RunPlanTests {
    private static let tenant = "acme"
    private static let now: Int64 = 2_000_000 * 3_600_000_000

    /// Tables whose plans are looked at, with the names that statements give to them.
    private static let tables = [
        ("workflow_runs", ["w", "x"]), ("tasks", ["t"]), ("task_logs", ["l"]), ("workflow_events", ["e"]), ("task_results", ["x"]),
        ("rollup", []),
    ]
    private static let analyze =
        "ANALYZE workflow_runs; ANALYZE tasks; ANALYZE task_logs; ANALYZE workflow_events; ANALYZE task_results; ANALYZE rollup; ANALYZE workflows"

    @Test("no transition and no list of runs reads a table from end to end, or sorts what there is", arguments: DatabaseKind.available)
    func plans(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let world = try await RunBacklog.fill(database, tenant: Self.tenant, now: Self.now)
            for isAnalyzed in [false, true] {
                if isAnalyzed { try await database.write { try $0.executeScript(Self.analyze) } }
                for step in Step.allCases {
                    // PostgreSQL knows nothing of tables that it has never looked at, and lists are read from full ones.
                    if !isAnalyzed, kind == .postgres, step.isRead { continue }
                    let plans = try await record(step, database, world)
                    #expect(!plans.isEmpty, "\(step)")
                    for plan in plans {
                        for (table, aliases) in Self.tables {
                            #expect(plan.fullScans(of: table, aliases: aliases) == [], "\(step): \(plan)")
                        }
                        if isAnalyzed, !step.maySort(kind) { #expect(plan.sorts == [], "\(step): \(plan)") }
                    }
                }
            }
        }
    }

    /// What is looked at.
    private enum Step: CaseIterable {
        case start, advance, fail, event, kill, retry, due, prune, pruneStatistics, list, read, elements, logs, stats, tasks, gauge

        var isRead: Bool {
            switch self {
            case .list, .read, .elements, .logs, .stats, .tasks, .gauge: true
            case .start, .advance, .fail, .event, .kill, .retry, .due, .prune, .pruneStatistics: false
            }
        }

        /// The nodes of one run, or its tasks, in an order that no index has. PostgreSQL also sorts what it takes for a few rows.
        func maySort(_ kind: DatabaseKind) -> Bool {
            switch self {
            case .tasks, .prune, .event, .kill, .retry, .advance, .fail, .due: true
            case .start, .list, .read, .stats, .gauge: kind == .postgres
            case .pruneStatistics, .elements, .logs: false
            }
        }
    }

    /// Rolled back, so that everything stays as it is.
    private func record(_ step: Step, _ database: any Database, _ world: RunBacklog) async throws -> [QueryPlan] {
        struct Recorded: Error { let plans: [QueryPlan] }
        do {
            try await database.write { connection in
                let recorder = PlanRecorder(connection)
                if step.isRead { try Self.read(step, world, on: recorder) } else { try Self.change(step, world, on: recorder) }
                throw Recorded(plans: recorder.plans)
            }
            return []
        } catch let recorded as Recorded {
            return recorded.plans
        }
    }

    private static func change(_ step: Step, _ world: RunBacklog, on connection: any Connection) throws {
        let workflows = Workflows()
        let claimed = { try Claim.claim(.init(queue: "flow", slots: 64), worker: world.worker, now: now, on: connection) }
        switch step {
        case .start:
            guard
                case .started = try StartRun.start(
                    .init(workflow: "chain", key: "new"), tenant: tenant, workflows, now: now, on: connection)
            else { throw FixtureError("not started") }
        case .advance:
            let changes = try Settle.settle(claimed().map { .init(task: $0, output: "1") }, [], workflows, now: now, on: connection)
            #expect(changes.count == 128)
        case .fail:
            let endings = try claimed().map {
                EndAttempts.Ending(task: $0, next: .fail, outcome: .failed, error: TaskError(code: "e", message: "m"))
            }
            let changes = try Settle.settle([], endings, workflows, now: now, on: connection)
            #expect(changes.count == 128)
        case .event:
            let result = try SendEvent.send("go", data: "1", to: world.waiting, tenant: tenant, workflows, now: now, on: connection)
            guard case .taken(1, _) = result else { throw FixtureError("nobody waits: \(result)") }
            guard case .kept = try SendEvent.send("no", data: "1", to: world.runs[7], tenant: tenant, workflows, now: now, on: connection)
            else {
                throw FixtureError("somebody waits")
            }
        case .kill:
            guard
                case .killed = try KillRun.kill(
                    world.runs[0], tenant: tenant, as: .cancelled, reason: nil, workflows, now: now, on: connection)
            else { throw FixtureError("not killed") }
        case .retry:
            guard case .retried = try RetryRun.retry(world.failed, tenant: tenant, workflows, now: now, on: connection) else {
                throw FixtureError("not retried")
            }
        case .due:
            #expect(try ExpireRuns.next(on: connection) != nil)
            let late = try ExpireRuns.late(now: now + 1_000_000, on: connection)
            #expect(late.count >= 5)
            #expect(try ExpireRuns.expire(Array(late.prefix(5)), now: now + 1_000_000, workflows, on: connection).runs == 5)
        case .prune:
            let found = try PruneRuns.candidates(above: world.runs[100], endedBefore: now, on: connection)
            #expect(found.last != nil)
            #expect(try PruneRuns.prune(world.old, endedBefore: now, on: connection)?.isGone == true)
        case .pruneStatistics:
            let name = try PruneRollUp.next(after: nil, on: connection)
            let next = try PruneRollUp.next(after: name, on: connection)
            #expect(next != nil)
            if let name { _ = try PruneRollUp.prune(name, before: PruneRollUp.firstKept(now: now), on: connection) }
        case .list, .read, .elements, .logs, .stats, .tasks, .gauge: throw FixtureError("a read")
        }
    }

    private static func read(_ step: Step, _ world: RunBacklog, on connection: any Connection) throws {
        let workflows = Workflows()
        switch step {
        case .list:
            for state in RunState.allCases + [nil] {
                for (workflow, version) in [(nil, nil), ("chain", nil), ("chain", 1), ("other", nil)] as [(String?, Int?)] {
                    for last in [nil, world.runs[400]] {
                        _ = try ListRuns.page(
                            .init(state: state, workflow: workflow, version: version), tenant: tenant, after: last, limit: 50,
                            on: connection)
                    }
                }
            }
            #expect(try FindRun.id("key-5", tenant: tenant, on: connection) == world.runs[5])
        case .read: #expect(try ReadRun.detail("key-5", tenant: tenant, workflows, on: connection)?.nodes.count == 2)
        case .elements:
            let page = try ReadRun.elements(
                of: "\(world.list)", node: "all", tenant: tenant, after: 20, limit: 50, workflows, on: connection)
            #expect(page?.rows.count == 50)
        case .logs:
            for level in [nil, TaskLogLevel.warning] {
                let lines = try RunLogs.page(run: world.runs[0], tenant: tenant, level: level, after: 5, limit: 50, on: connection)
                #expect(lines.rows.count == (level == nil ? 10 : 0))
            }
        case .stats: #expect(try RunStats.read(hours: 24, tenant: tenant, now: now, on: connection).all.total > 0)
        case .tasks:
            let rows = try ListTasks.page(.init(run: world.list), tenant: tenant, limit: 50, on: connection)
            #expect(rows.count == 50)
        case .gauge: #expect(try ReadPlatform.runs(limit: 100, on: connection).values.reduce(0, +) == 100)
        case .start, .advance, .fail, .event, .kill, .retry, .due, .prune, .pruneStatistics: throw FixtureError("a transition")
        }
    }
}

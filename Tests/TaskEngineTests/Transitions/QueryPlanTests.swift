import Storage
import TaskEngine
import TestSupport
import Testing

/// What the transitions cost must go with the work at hand, not with the tasks there are: none reads the table from end
/// to end, none sorts a backlog, and a batch is looked up by primary key, not through the index of running tasks.
@Suite("Query plans on 100,000 tasks", .timeLimit(.minutes(5)))
struct QueryPlanTests {
    /// The plans of one transition's statements.
    private struct Plans {
        /// On tables that the database has no statistics of.
        var fresh: [QueryPlan] = []
        /// After ANALYZE.
        var analyzed: [QueryPlan] = []
        var all: [QueryPlan] { fresh + analyzed }
    }

    /// What is looked at; all of it on one backlog, which takes long to make.
    private enum Step: CaseIterable {
        case claim, readyQueues, complete, endAttempts, promote, rescue, unfinished, single
    }

    /// The tables by name: without names PostgreSQL locks those of every schema, and deadlocks with tests that drop theirs.
    private static let analyze = "ANALYZE tasks; ANALYZE task_payloads; ANALYZE queues; ANALYZE workers; ANALYZE attempts"

    @Test("every transition seeks what it needs and sorts no backlog", arguments: DatabaseKind.available)
    func transitions(_ kind: DatabaseKind) async throws {
        try await withDatabasePlace(kind) { place in
            let database = try await place.open()
            defer { database.close() }
            try await place.migrate(database)
            let backlog = try await Backlog.fill(database, tasks: 100_000)
            var plans: [Step: Plans] = [:]
            for step in Step.allCases { plans[step, default: Plans()].fresh = try await record(step, database, backlog) }
            try await database.write { try $0.executeScript(Self.analyze) }
            for step in Step.allCases { plans[step, default: Plans()].analyzed = try await record(step, database, backlog) }
            for step in Step.allCases { check(step, try #require(plans[step]), kind) }
            if kind == .postgres { try await checkKeptPlans(place, backlog) }
        }
    }

    /// Rolled back, so that the backlog stays as it is.
    private func record(_ step: Step, _ database: any Database, _ backlog: Backlog) async throws -> [QueryPlan] {
        struct Recorded: Error { let plans: [QueryPlan] }
        do {
            try await database.write { connection in
                let recorder = PlanRecorder(connection)
                try Self.run(step, backlog, on: recorder)
                throw Recorded(plans: recorder.plans)
            }
            return []
        } catch let recorded as Recorded {
            return recorded.plans
        }
    }

    private static func run(_ step: Step, _ backlog: Backlog, on connection: any Connection) throws {
        switch step {
        case .claim:
            for (slots, types) in [(1, []), (64, ["none"])] {
                let request = Claim.Request(queue: "q1", slots: slots, afterTenant: "tenant-10", exceptTypes: types, exceptTasks: [1])
                let claimed = try Claim.claim(request, worker: backlog.workers[0], now: 1, on: connection)
                #expect(claimed.count == slots)
            }
            var each = Claim.Request(queue: "q1", slots: 2, afterTenant: "tenant-10")
            each.oneEach = Claim.canTakeOneEach(each, on: connection.dialect)
            let claimed = try Claim.claim(each, worker: backlog.workers[0], now: 1, on: connection)
            #expect(claimed.count == 2)
        case .readyQueues:
            let found = try Claim.readyQueues(on: connection).count
            #expect(found == 4)
        case .complete:
            let changes = try Complete.complete(backlog.running.map { .init(task: $0, output: "1") }, now: 5, on: connection)
            #expect(changes.count == backlog.running.count)
        case .endAttempts:
            let endings = backlog.running.map { EndAttempts.Ending(task: $0, next: .retry(at: 9), outcome: .failed, error: nil) }
            let ended = try EndAttempts.end(endings, now: 5, on: connection).count
            #expect(ended == backlog.running.count)
        case .promote:
            let promoted = try Promote.promote(now: 1_000_500, limit: 100, on: connection).changes.count
            #expect(promoted == 100)
        case .rescue:
            let rescued = try Rescue.rescue(worker: backlog.workers[3], beat: nil, now: 5, on: connection)?.count
            #expect(rescued == 50)
        case .unfinished:
            let unfinished = try Rescue.unfinished(on: connection)
            #expect(unfinished == [])
            let requests = try WorkerLease.cancelRequests(worker: backlog.workers[2], on: connection)
            #expect(requests == [])
        case .single:
            _ = try Cancel.cancel(task: backlog.running[0].id, tenant: backlog.running[0].tenant, now: 5, on: connection)
            _ = try Cancel.cancel(task: backlog.queued, tenant: "tenant-0", now: 5, on: connection)
            _ = try Redrive.redrive(task: backlog.queued, tenant: "tenant-0", now: 6, on: connection)
        }
    }

    private func check(_ step: Step, _ plans: Plans, _ kind: DatabaseKind) {
        expectSeeks(plans.all)
        switch step {
        case .claim:
            // In tasks_ready, tenant by tenant.
            expectNoSort(plans.all)
            for plan in plans.all {
                switch kind {
                case .sqlite:
                    let seek = /SEARCH t USING (COVERING )?INDEX tasks_ready \(queue=\? AND tenant[=>]\?\)/
                    #expect(plan.description.contains(seek), "\(plan)")
                    #expect(plan.description.contains("SEARCH tasks USING INTEGER PRIMARY KEY"), "\(plan)")
                case .postgres:
                    #expect(plan.description.contains("using tasks_ready on tasks t"), "\(plan)")
                    #expect(plan.description.contains("using tasks_pkey on tasks"), "\(plan)")
                }
            }
        case .readyQueues:
            // One seek a queue.
            expectNoSort(plans.all)
            for plan in plans.all { #expect(plan.description.contains("tasks_ready"), "\(plan)") }
        case .complete, .endAttempts: expectPrimaryKey(plans.all)
        case .promote:
            // PostgreSQL sorts what is due as long as it takes it for a few rows.
            expectNoSort(plans.analyzed)
            for plan in plans.all { #expect(plan.description.contains("tasks_due"), "\(plan)") }
        case .rescue: #expect(plans.all.contains { $0.description.contains("tasks_running") })
        case .unfinished: for plan in plans.all { #expect(plan.description.contains("tasks_running"), "\(plan)") }
        case .single: break
        }
    }

    private func expectSeeks(_ plans: [QueryPlan], _ location: SourceLocation = #_sourceLocation) {
        #expect(!plans.isEmpty, sourceLocation: location)
        for plan in plans {
            #expect(plan.fullScans(of: "tasks", aliases: ["t", "x"]) == [], "\(plan)", sourceLocation: location)
        }
    }

    private func expectNoSort(_ plans: [QueryPlan], _ location: SourceLocation = #_sourceLocation) {
        for plan in plans { #expect(plan.sorts == [], "\(plan)", sourceLocation: location) }
    }

    /// The partial index on running tasks holds every task of the worker for every row of the batch: quadratic.
    private func expectPrimaryKey(_ plans: [QueryPlan], _ location: SourceLocation = #_sourceLocation) {
        for plan in plans {
            #expect(!plan.description.contains("tasks_running"), "\(plan)", sourceLocation: location)
            let byKey = plan.description.contains("SEARCH tasks USING INTEGER PRIMARY KEY") || plan.description.contains("tasks_pkey")
            #expect(byKey, "\(plan)", sourceLocation: location)
        }
    }

    /// After five runs PostgreSQL may keep a plan that was made without knowing the parameters. These are those plans.
    private func checkKeptPlans(_ place: DatabasePlace, _ backlog: Backlog) async throws {
        // A connection that has prepared nothing but the transitions' statements.
        let database = try await place.open(poolSize: 1)
        defer { database.close() }
        let plans = try await database.write { connection in
            try runAll(backlog, connection)
            return try keptPlans(connection)
        }
        #expect(plans.count >= 12)
        expectSeeks(plans)
        expectNoSort(plans.filter { !$0.description.contains("tasks_running") })
        let batches = plans.filter { $0.description.contains("Function Scan on r") && $0.description.contains("Update on tasks") }
        #expect(batches.count == 2)
        expectPrimaryKey(batches)
    }

    /// Runs every statement of the transitions once, so that this connection has prepared them.
    private func runAll(_ backlog: Backlog, _ connection: any Connection) throws {
        _ = try Claim.readyQueues(on: connection)
        _ = try Claim.claim(.init(queue: "q1", slots: 64), worker: backlog.workers[0], now: 1, on: connection)
        let half = backlog.running.count / 2
        _ = try Complete.complete(backlog.running.prefix(half).map { .init(task: $0, output: "1") }, now: 5, on: connection)
        _ = try EndAttempts.end(
            backlog.running.dropFirst(half).map { .init(task: $0, next: .retry(at: 9), outcome: .failed, error: nil) }, now: 5,
            on: connection)
        _ = try Promote.promote(now: 1_000_500, limit: 100, on: connection)
        _ = try Rescue.rescue(worker: backlog.workers[3], beat: nil, now: 5, on: connection)
        _ = try Rescue.unfinished(on: connection)
        _ = try WorkerLease.cancelRequests(worker: backlog.workers[2], on: connection)
        _ = try Cancel.cancel(task: backlog.queued, tenant: "tenant-0", now: 5, on: connection)
        _ = try Redrive.redrive(task: backlog.queued, tenant: "tenant-0", now: 6, on: connection)
    }

    /// The generic plan of each statement about tasks that this connection has prepared.
    private func keptPlans(_ connection: any Connection) throws -> [QueryPlan] {
        try connection.executeScript(
            """
            SET LOCAL plan_cache_mode = force_generic_plan;
            CREATE FUNCTION pg_temp.kept_plan(name text, parameters int) RETURNS SETOF text LANGUAGE plpgsql AS $$
            BEGIN
                RETURN QUERY EXECUTE 'EXPLAIN EXECUTE ' || quote_ident(name)
                    || CASE WHEN parameters > 0 THEN '(' || array_to_string(array_fill('NULL'::text, ARRAY[parameters]), ', ') || ')' ELSE '' END;
            END $$
            """)
        let statements = try connection.rows(
            "SELECT name, cardinality(parameter_types) FROM pg_prepared_statements WHERE statement ~ '(FROM|UPDATE) tasks' ORDER BY prepare_time"
        ) { ($0.text(0), $0.int(1)) }
        return try statements.map { name, parameters in
            QueryPlan(lines: try connection.rows("SELECT * FROM pg_temp.kept_plan(\(name), \(parameters)::int)") { $0.text(0) })
        }
    }
}

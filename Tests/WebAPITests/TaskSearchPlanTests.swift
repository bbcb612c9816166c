import Storage
import TaskEngine
import TestSupport
import Testing

/// A search is led by what is rarest and ends when its page is full: none reads a table from end to end or sorts.
@Suite("Plans of searches among 100,000 tasks", .timeLimit(.minutes(5)))
struct TaskSearchPlanTests {
    /// 100,000 tasks, all with the tag `common`, every hundredth with `rare`, five with a unique key of their own.
    private func fill(_ database: any Database) async throws {
        try await database.insertQueue()
        for _ in 0..<10 {
            _ = try await database.submit(
                (0..<10_000).map { index in
                    .sample(
                        tags: index.isMultiple(of: 100) ? #"["common","rare"]"# : #"["common"]"#,
                        uniqueKey: index == 1 ? UniqueKey("key") : nil)
                })
            // The next one's key is free again.
            try await database.write { _ = try $0.execute("UPDATE tasks SET state = 'failed', finished_at = 1 WHERE unique_key = 'key'") }
        }
        try await database.write {
            try $0.executeScript("ANALYZE tasks; ANALYZE task_labels; ANALYZE task_payloads; ANALYZE unique_keys")
        }
    }

    @Test("each search seeks", arguments: DatabaseKind.available)
    func searches(_ kind: DatabaseKind) async throws {
        let filters: [(TaskFilter, lead: String)] = [
            (TaskFilter(labels: ["t:common"]), "task_labels"), (TaskFilter(labels: ["t:common", "t:rare"]), "task_labels"),
            (TaskFilter(state: .queued, type: "test.sample", queue: "default", labels: ["t:rare"]), "task_labels"),
            (TaskFilter(state: .failed, labels: ["t:common"]), "tasks_dead"), (TaskFilter(uniqueKey: "key"), "tasks_keyed"),
            (TaskFilter(state: .failed, uniqueKey: "key", labels: ["t:common"]), "tasks_keyed"),
            (TaskFilter(after: 0, labels: ["t:none"]), "task_labels"),
            // What every list begins with.
            (TaskFilter(), "tasks_of_tenant"), (TaskFilter(state: .failed), "tasks_dead"), (TaskFilter(state: .queued), "tasks"),
            (TaskFilter(type: "test.sample"), "tasks_of_type"), (TaskFilter(queue: "default"), "tasks_of_tenant"),
        ]
        try await withDatabase(kind) { database in
            try await fill(database)
            for (filter, lead) in filters {
                let (plans, count) = try await database.read { connection in
                    let recorder = PlanRecorder(connection)
                    let rows = try ListTasks.page(filter, tenant: "acme", after: 1 << 40, limit: 50, on: recorder)
                    return (recorder.plans, rows.count)
                }
                #expect(count > 0 || filter.labels == ["t:none"])
                for plan in plans {
                    let scans = plan.fullScans(of: "tasks", aliases: ["t"]) + plan.fullScans(of: "task_labels", aliases: ["l", "e"])
                    #expect(scans == [], "\(plan)")
                }
                let page = try #require(plans.last)
                if kind == .sqlite {
                    #expect(page.sorts == [], "\(page)")
                    #expect(page.description.contains(lead), "\(page)")
                }
            }
        }
    }
}

@Suite("Plans of submits with options", .timeLimit(.minutes(5)))
struct SubmitOptionPlanTests {
    @Test("keys, expiries and old idempotency keys are found by their indexes among 100,000", arguments: DatabaseKind.available)
    func seeks(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            for round in 0..<10 {
                _ = try await database.submit(
                    (0..<10_000).map { .sample(uniqueKey: UniqueKey("\(round)-\($0)"), expiresAt: 1000 + Int64($0)) })
            }
            try await database.write { connection in
                try connection.execute(
                    """
                    INSERT INTO idempotency_keys (tenant, subject, route, idem_key, fingerprint, answer, created_at)
                    SELECT 'acme', '', 'POST /x', unique_key, '', '[]', task_id FROM unique_keys
                    """)
                try connection.executeScript("ANALYZE tasks; ANALYZE unique_keys; ANALYZE idempotency_keys")
            }
            let plans = try await database.write { connection in
                let recorder = PlanRecorder(connection)
                _ = try Submit.submit([.sample(uniqueKey: UniqueKey("1-1")), .sample(uniqueKey: UniqueKey("new"))], now: 1, on: recorder)
                let expired = try Expire.expire(now: 1000, limit: 5, on: recorder).changes.count
                #expect(expired == 5)
                let pruned = try IdempotencyKeys.prune(now: IdempotencyKeys.lifetime + 1_000_000, limit: 5, on: recorder)
                #expect(pruned == 5)
                return recorder.plans
            }
            #expect(plans.count == 6)
            for plan in plans {
                let scans =
                    plan.fullScans(of: "tasks") + plan.fullScans(of: "unique_keys") + plan.fullScans(of: "idempotency_keys")
                #expect(scans == [], "\(plan)")
            }
            #expect(plans.contains { $0.description.contains("tasks_expiring") })
            #expect(plans.contains { $0.description.contains("idempotency_keys_by_age") })
        }
    }
}

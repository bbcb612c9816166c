import Storage
import TaskEngine
import TestSupport
import Testing

/// What the scheduler does every two seconds, and what it does at a due time, must not depend on how many schedules there are.
@Suite("Plans of schedules among 100,000", .timeLimit(.minutes(5)))
struct SchedulePlanTests {
    @Test("what is due, what waits and a page are seeks", arguments: DatabaseKind.available)
    func plans(_ kind: DatabaseKind) async throws {
        try await withWorker(kind) { database, _ in
            try await fill(database)
            let (plans, counts) = try await database.write { connection in
                let recorder = PlanRecorder(connection)
                let fired = try FireSchedules.fire(now: minutes(1), limit: 10, on: recorder).count
                let page = try ReadSchedules.page(tenant: "acme", after: "s1", limit: 50, on: recorder).rows.count
                let one = try ReadSchedules.one(.name("s77"), tenant: "acme", on: recorder) == nil ? 0 : 1
                return (recorder.plans, [fired, page, one])
            }
            #expect(counts == [11, 50, 1])
            for plan in plans {
                #expect(plan.fullScans(of: "schedules", aliases: ["s"]) == [], "\(plan)")
                #expect(plan.fullScans(of: "schedule_firings", aliases: ["f"]) == [], "\(plan)")
                #expect(plan.fullScans(of: "tasks", aliases: ["t"]) == [], "\(plan)")
                #expect(plan.sorts == [], "\(plan)")
            }
        }
    }

    /// Two tenants with 50,000 each, of which ten are due and one waits; and a firing of each.
    private func fill(_ database: any Database) async throws {
        try await database.write { connection in
            for tenant in ["acme", "globex"] {
                var rows = RowSet([.bigint("id"), .text("name"), .bigint("next_at")])
                for (index, id) in try connection.allocateIDs(50_000).enumerated() {
                    rows.append([.int(id), .text("s\(index)"), .int(index < 10 ? minutes(1) : minutes(1000))])
                }
                try connection.forEach(
                    rows,
                    """
                    INSERT INTO schedules (id, tenant, name, every_ms, anchor_at, zone, target, target_name, input, queue, priority,
                        max_retries, overlap, catch_up, paused, next_at, created_at, updated_at, firings)
                    SELECT r.id, \(tenant), r.name, 60000, 0, 'UTC', 'task', 'test.sample', '{}', 'default', 5, 0, 'skip', 'none', 0, r.next_at,
                        0, 0, 1 FROM \(rows, as: "r")
                    """)
                try connection.forEach(
                    rows,
                    """
                    INSERT INTO schedule_firings (schedule_id, number, due_at, decided_at, outcome, reason, manual)
                    SELECT r.id, 1, 1, 1, 'skipped', 'missed', 0 FROM \(rows, as: "r")
                    """)
            }
            // They have started something that has ended.
            try connection.execute("UPDATE schedules SET last_task = 1 WHERE next_at = \(minutes(1))")
            try connection.execute(
                "UPDATE schedules SET waiting_at = 1 WHERE id = (SELECT id FROM schedules WHERE tenant = 'globex' AND name = 's5000')")
            try connection.execute(
                """
                UPDATE schedule_firings SET outcome = 'waiting', reason = NULL
                WHERE schedule_id = (SELECT id FROM schedules WHERE tenant = 'globex' AND name = 's5000')
                """)
        }
        for _ in 0..<2 { _ = try await database.submit((0..<10_000).map { _ in .sample(queue: "default") }) }
        try await database.write { try $0.executeScript("ANALYZE schedules; ANALYZE schedule_firings; ANALYZE tasks") }
    }
}

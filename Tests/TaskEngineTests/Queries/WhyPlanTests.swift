import Storage
import TaskEngine
import TestSupport
import Testing

/// What is asked must not depend on how much is queued.
@Suite("Why, on 100,000 queued tasks", .timeLimit(.minutes(5)))
struct WhyPlanTests {
    @Test("every statement seeks, and counts end early", arguments: DatabaseKind.available)
    func plans(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            let worker = try await database.insertWorker()
            for tenant in ["a", "z"] { try await fill(database, tenant, batches: 2) }
            let task = try await fill(database, "m", batches: 6)
            _ = try await database.claim(100, worker: worker)
            for isAnalyzed in [false, true] {
                if isAnalyzed { try await database.write { try $0.executeScript("ANALYZE tasks; ANALYZE workers; ANALYZE queues") } }
                let recording = RecordingDatabase(database)
                let service = TaskService(
                    database: recording, registry: TaskRegistry(), settings: EngineSettings(), hub: ChangeHub(database: database))
                let why = try #require(try await service.why(task, tenant: "m"))
                #expect(
                    why.reasons.last == .tasksAhead(own: .init(number: 10_000, hasMore: true), others: .init(number: 10_000, hasMore: true))
                )
                let plans = recording.plans.values
                #expect(plans.count == 6)
                for plan in plans {
                    #expect(plan.fullScans(of: "tasks", aliases: ["t"]) == [], "\(plan)")
                }
                let counts = plans.filter { $0.description.contains("tasks_ready") }
                #expect(counts.count == 2, "what comes first is counted in the index of ready tasks: \(plans)")
                for plan in counts { #expect(plan.sorts == [], "\(plan)") }
                #expect(plans.contains { $0.description.contains("tasks_running") })
            }
        }
    }

    /// 10,000 tasks a batch; returns the last.
    @discardableResult
    private func fill(_ database: any Database, _ tenant: String, batches: Int) async throws -> Int64 {
        var last: Int64 = 0
        for batch in 0..<batches {
            let tasks = Array(repeating: NewTask.sample(tenant: tenant), count: 10_000)
            last = try await database.submit(tasks, now: Int64(batch)).last ?? 0
        }
        return last
    }
}

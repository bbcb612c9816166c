import Storage
import TaskEngine
import TestSupport
import Testing

/// A list by state must not depend on how many tasks are in other states, nor on how many another tenant has.
@Suite("Plans of lists by state among 100,000 tasks", .timeLimit(.minutes(5)))
struct ListPlanTests {
    /// 50,000 tasks of `acme`, nearly all succeeded, and 20 in each other state; 50,000 queued ones of another tenant.
    private func fill(_ database: any Database) async throws {
        try await database.insertQueue()
        let worker = try await database.insertWorker()
        for _ in 0..<5 {
            let own = try await database.submit((0..<10_000).map { .sample(input: $0.isMultiple(of: 2) ? #"{"a":1}"# : "{}") })
            _ = try await database.submit((0..<10_000).map { _ in .sample(tenant: "globex") })
            try await database.write { connection in
                try connection.execute(
                    "UPDATE tasks SET state = 'succeeded', finished_at = 1 WHERE id BETWEEN \(own[0]) AND \(own[own.count - 1])")
                for (index, state) in TaskState.allCases.enumerated() where state != .succeeded {
                    try connection.execute(
                        """
                        UPDATE tasks SET state = \(state.rawValue), finished_at = \(state.isTerminal ? Int64(1) : nil),
                            worker = \(state == .running ? worker : nil)
                        WHERE id >= \(own[index * 10]) AND id < \(own[index * 10 + 4])
                        """)
                }
            }
        }
        try await database.write { try $0.executeScript("ANALYZE tasks; ANALYZE task_payloads; ANALYZE queues") }
    }

    /// What is read; nil where it is met on the way down the ids. PostgreSQL believes that states are as frequent with one tenant
    /// as with another, and takes that way for queued tasks too.
    private func index(of state: TaskState, _ kind: DatabaseKind) -> String? {
        switch state {
        case .queued where kind == .postgres: nil
        case .waiting: "tasks_waiting"
        case .scheduled: "tasks_due"
        case .queued: "tasks_ready"
        case .running: "tasks_running"
        case .failed: "tasks_dead"
        case .cancelled: "tasks_cancelled"
        case .skipped: "tasks_skipped"
        case .succeeded: nil
        }
    }

    @Test("each state is read from an index that holds little else", arguments: DatabaseKind.available)
    func states(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await fill(database)
            for state in TaskState.allCases {
                for filter in [TaskFilter(state: state), .init(state: state, type: "test.sample"), .init(state: state, queue: "default")] {
                    let (plans, count) = try await database.read { connection in
                        let recorder = PlanRecorder(connection)
                        let rows = try ListTasks.page(filter, tenant: "acme", limit: 50, on: recorder)
                        return (recorder.plans, rows.count)
                    }
                    #expect(count == (state == .succeeded ? 50 : 20), "\(filter)")
                    for plan in plans { #expect(plan.fullScans(of: "tasks", aliases: ["t"]) == [], "\(plan)") }
                    let page = try #require(plans.last)
                    if let index = index(of: state, kind) {
                        #expect(page.description.contains(index), "\(filter): \(page)")
                    } else {
                        #expect(page.sorts == [], "\(filter): \(page)")
                    }
                }
            }
        }
    }
}

import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Plans of the queries behind lists", .timeLimit(.minutes(5)))
struct QueryPlanTests {
    @Test("no list of tasks reads the whole table", arguments: TaskState.allCases + [nil])
    func lists(_ state: TaskState?) async throws {
        try await withDatabase(.sqlite) { database in
            let plans = try await database.read { connection in
                try [TaskFilter(state: state), .init(state: state, type: "t"), .init(state: state, queue: "q", before: 9, after: 3)]
                    .flatMap { filter in
                        let recorder = PlanRecorder(connection)
                        _ = try ListTasks.page(filter, tenant: "default", after: 5, limit: 10, on: recorder)
                        return recorder.plans
                    }
            }
            #expect(plans.count >= 3)
            for plan in plans { #expect(plan.fullScans(of: "tasks", aliases: ["t"]).isEmpty, "\(plan)") }
            if state == nil || state == .failed || state == .succeeded {
                for plan in plans { #expect(plan.sorts.isEmpty, "\(plan)") }
            }
        }
    }

    @Test(
        "a list by state takes the partial index of that state",
        arguments: [
            (TaskState.failed, "tasks_dead"), (.running, "tasks_running"), (.queued, "tasks_ready"), (.scheduled, "tasks_due"),
            (.succeeded, "tasks_of_tenant"), (.cancelled, "tasks_cancelled"), (.skipped, "tasks_skipped"), (.waiting, "tasks_waiting"),
        ])
    func indexes(_ state: TaskState, _ index: String) async throws {
        try await withDatabase(.sqlite) { database in
            let plan = try await database.read { connection in
                let recorder = PlanRecorder(connection)
                _ = try ListTasks.page(.init(state: state), tenant: "default", limit: 10, on: recorder)
                return recorder.plans.last
            }
            #expect(plan?.description.contains(index) == true, "\(plan?.description ?? "")")
        }
    }

    @Test("reading one task, its logs, the queues and the gauges reads no table of tasks from end to end")
    func others() async throws {
        try await withDatabase(.sqlite) { database in
            try await database.insertQueue()
            let id = try await database.submit(.sample())
            let plans = try await database.read { connection in
                let recorder = PlanRecorder(connection)
                _ = try ReadTask.detail(id, tenant: "acme", on: recorder)
                _ = try ReadTask.status(id, tenant: "acme", on: recorder)
                _ = try ReadLogs.page(task: id, tenant: "acme", limit: 5, on: recorder)
                _ = try ReadQueues.page(tenant: "acme", limit: 5, on: recorder)
                _ = try ReadPools.all(workers: ReadPlatform.workers(on: recorder), on: recorder)
                _ = try ReadPlatform.queued(on: recorder)
                _ = try ReadPlatform.running(on: recorder)
                _ = try QueueGauges.read(on: recorder)
                return recorder.plans
            }
            #expect(plans.count == 16)
            for plan in plans {
                let scans = plan.fullScans(of: "tasks", aliases: ["t", "following"]) + plan.fullScans(of: "task_logs", aliases: ["l"])
                #expect(scans.isEmpty, "\(plan)")
            }
        }
    }
}

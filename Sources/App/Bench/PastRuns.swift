import Storage
import TaskEngine

/// Fills a database with runs of a workflow of one node that ended before a benchmark begins, through the engine's own transitions
/// but without handlers.
struct PastRuns {
    /// Runs in one transaction.
    private static let slice = 500

    let service: WorkflowService
    /// Wall time of their whole life, microseconds since 1970.
    let now: Int64

    /// Runs whose one node succeeded at once.
    func succeeded(_ count: Int, of workflow: String, tenant: String) async throws {
        let (now, workflows) = (now, service.workflows)
        let registration = WorkerLease.Registration(name: "past", host: "past", pid: 0, pools: "{}", queues: "[]", types: "[]")
        let worker = try await service.database.write { try WorkerLease.register(registration, now: now, on: $0) }
        for start in stride(from: 0, to: count, by: Self.slice) {
            let size = min(Self.slice, count - start)
            try await service.database.write { connection in
                for _ in 0..<size {
                    guard case .started = try StartRun.start(.init(workflow: workflow), tenant: tenant, workflows, now: now, on: connection)
                    else { throw LoadError("a run of \(workflow) was not started") }
                }
                let claimed = try Claim.claim(.init(queue: "default", slots: size), worker: worker, now: now, on: connection)
                _ = try Settle.settle(claimed.map { Complete.Success(task: $0) }, [], workflows, now: now + 1000, on: connection)
            }
        }
        try await service.database.write { try WorkerLease.stop(worker, now: now, on: $0) }
    }
}

import JSONText
import Storage
import TaskEngine

/// How the workers are, all together.
struct WorkerHealth: Sendable {
    enum Status: String, Sendable {
        /// Work is being done.
        case healthy
        /// It is, but something is wrong: a worker does not respond, or workers that should be alike differ.
        case degraded
        /// Nobody takes new work.
        case unhealthy
    }

    struct Worker: Sendable {
        let detail: WorkerDetail
        let isStale: Bool
        /// Since its last heartbeat.
        let silentMilliseconds: Int64
    }

    let workers: [Worker]
    let pools: [PoolDetail]
    let queued: LimitedCount
    let running: Int
    /// Why the status is not healthy, for people; empty when it is.
    private(set) var reasons: [String]
    private(set) var status: Status

    static func read(from database: any Database, now: Int64, staleAfter: Duration) async throws -> WorkerHealth {
        try await database.read { connection in
            let workers = try ReadPlatform.workers(on: connection)
            return WorkerHealth(
                workers: workers.map { worker in
                    let silence = max(0, now - worker.seenAt)
                    return Worker(detail: worker, isStale: .microseconds(silence) > staleAfter, silentMilliseconds: silence / 1000)
                },
                pools: try ReadPools.all(workers: workers, on: connection), queued: try ReadPlatform.queued(on: connection),
                running: try ReadPlatform.running(on: connection))
        }
    }

    init(workers: [Worker], pools: [PoolDetail], queued: LimitedCount, running: Int) {
        self.workers = workers
        self.pools = pools
        self.queued = queued
        self.running = running
        let active = workers.filter { !$0.isStale && !$0.detail.isDraining }
        if active.isEmpty {
            status = .unhealthy
            reasons = [workers.isEmpty ? "no worker is running" : "no worker takes new work"]
        } else {
            reasons = Self.complaints(workers, active: active)
            status = reasons.isEmpty ? .healthy : .degraded
        }
    }

    /// With what the doctor found: work may go on, and somebody has to look.
    func examined(_ examination: DoctorRecord.Entry?) -> WorkerHealth {
        guard let report = examination?.report, !report.isClean else { return self }
        var health = self
        health.reasons.append("the doctor has \(report.findings.count)\(report.hasMore ? "+" : "") findings")
        if health.status == .healthy { health.status = .degraded }
        return health
    }

    private static func complaints(_ workers: [Worker], active: [Worker]) -> [String] {
        var complaints = workers.filter(\.isStale).map { "worker \($0.detail.name) (\($0.detail.id)) does not respond" }
        if Set(active.map { $0.detail.poolLimits.map(\.name).sorted() }).count > 1 { complaints.append("workers serve different pools") }
        if Set(active.map { StoredJSON.words($0.detail.queues).sorted() }).count > 1 { complaints.append("workers serve different queues") }
        if Set(active.map { StoredJSON.words($0.detail.types).sorted() }).count > 1 {
            complaints.append("workers know different task types")
        }
        return complaints
    }
}

import Hummingbird
import Logging
import Storage
package import TaskEngine
package import WebCore

/// The Prometheus text: what this process counted, and gauges of what the database holds.
///
/// | gauge | labels | meaning |
/// |---|---|---|
/// | `millrace_queue_tasks` | `queue`, `state` (queued, scheduled, running) | unfinished tasks; counting ends at 100,000 |
/// | `millrace_queue_oldest_ready_seconds` | `queue` | age of the oldest ready task, 0 when none is ready |
/// | `millrace_pool_slots` | `pool` | limit over all live workers |
/// | `millrace_pool_slots_used` | `pool` | running tasks |
/// | `millrace_workers` | | workers that are not known to have ended |
/// | `millrace_workflow_runs` | `state` (pending, running) | unfinished workflow runs; counting ends at 100,000 |
/// | `millrace_workflow_runs_total`, `millrace_workflow_run_duration_seconds` | `status` | runs that this process ended (``RunMetrics``) |
/// | `millrace_commits_total`, `millrace_commit_writes_total` | | transactions of this process, and the writes they carried |
/// | `millrace_doctor_findings` | `code` | findings of the last examination of the database, every code |
/// | `millrace_doctor_examined_timestamp_seconds` | | when it ended; absent before the first |
/// | `millrace_doctor_duration_seconds` | | how long it took |
/// | `millrace_commit_median_seconds` | | median time of the last 4,096 commits of this process |
package struct MetricsRoute: RouteGroup {
    private let service: TaskService
    private let registry: PrometheusRegistry
    private let doctor: DoctorRecord?

    /// - Parameters:
    ///   - service: its database is the one that is read.
    ///   - registry: what the process counts; the backend that was given to swift-metrics.
    ///   - doctor: what the last examination of the database found; nil has no gauges of it.
    package init(service: TaskService, registry: PrometheusRegistry, doctor: DoctorRecord? = nil) {
        self.service = service
        self.registry = registry
        self.doctor = doctor
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.get("/metrics", .metrics, show)
    }

    @Sendable private func show(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var text = PrometheusText()
        registry.render(into: &text)
        writeCommits(into: &text)
        writeDoctor(into: &text)
        do {
            let gauges = try await readGauges()
            write(gauges, now: service.now(), into: &text)
        } catch let error as StorageError {
            // What the process counted is worth most while the database is down.
            context.logger.warning("metrics without the database's gauges", metadata: ["error": "\(error)"])
        }
        return .text(text.text, contentType: PrometheusText.contentType)
    }

    private struct Gauges: Sendable {
        let queues: [QueueGauges]
        let pools: [PoolDetail]
        let workers: Int
        let runs: [RunState: Int]
    }

    private func readGauges() async throws -> Gauges {
        try await service.database.read { connection in
            let workers = try ReadPlatform.workers(on: connection)
            return Gauges(
                queues: try QueueGauges.read(on: connection), pools: try ReadPools.all(workers: workers, on: connection),
                workers: workers.count, runs: try ReadPlatform.runs(limit: QueueGauges.mostCounted, on: connection))
        }
    }

    private func write(_ gauges: Gauges, now: Int64, into text: inout PrometheusText) {
        text.family("millrace_queue_tasks", .gauge, help: "Unfinished tasks by queue and state, counted up to \(QueueGauges.mostCounted).")
        for queue in gauges.queues {
            for (state, count) in [("queued", queue.queued), ("scheduled", queue.scheduled), ("running", queue.running)] {
                text.sample("millrace_queue_tasks", labels: [("queue", queue.queue), ("state", state)], count)
            }
        }
        text.family("millrace_queue_oldest_ready_seconds", .gauge, help: "Age of the oldest ready task, 0 when none is ready.")
        for queue in gauges.queues {
            let age = queue.oldestReadyAt.map { Double(max(0, now - $0)) / 1_000_000 } ?? 0
            text.sample("millrace_queue_oldest_ready_seconds", labels: [("queue", queue.queue)], age)
        }
        text.family("millrace_pool_slots", .gauge, help: "Slots of a pool over all live workers.")
        for pool in gauges.pools { text.sample("millrace_pool_slots", labels: [("pool", pool.name)], pool.slots) }
        text.family("millrace_pool_slots_used", .gauge, help: "Slots of a pool that hold a running task.")
        for pool in gauges.pools { text.sample("millrace_pool_slots_used", labels: [("pool", pool.name)], pool.running) }
        text.family("millrace_workflow_runs", .gauge, help: "Unfinished workflow runs by state, counted up to \(QueueGauges.mostCounted).")
        for state in [RunState.pending, .running] {
            text.sample("millrace_workflow_runs", labels: [("state", state.rawValue)], gauges.runs[state] ?? 0)
        }
        text.gauge("millrace_workers", help: "Workers that are not known to have ended.", Double(gauges.workers))
    }

    /// Every code, so that an alert on one of them has a series before there is anything to tell.
    private func writeDoctor(into text: inout PrometheusText) {
        guard let entry = doctor?.latest else { return }
        var counts: [Finding.Code: Int] = [:]
        for finding in entry.report.findings { counts[finding.code, default: 0] += 1 }
        text.family("millrace_doctor_findings", .gauge, help: "Findings of the last examination of the database.")
        for code in Finding.Code.allCases {
            text.sample("millrace_doctor_findings", labels: [("code", code.rawValue)], counts[code] ?? 0)
        }
        text.gauge(
            "millrace_doctor_examined_timestamp_seconds", help: "When the last examination of the database ended.",
            Double(entry.at) / 1_000_000)
        text.gauge(
            "millrace_doctor_duration_seconds", help: "How long the last examination of the database took.",
            entry.duration / .seconds(1))
    }

    private func writeCommits(into text: inout PrometheusText) {
        let commits = service.database.commitStatistics
        text.family("millrace_commits_total", .counter, help: "Write transactions that this process committed.")
        text.sample("millrace_commits_total", Int(commits.count))
        text.family("millrace_commit_writes_total", .counter, help: "Writes that these transactions carried.")
        text.sample("millrace_commit_writes_total", Int(commits.closures))
        text.gauge(
            "millrace_commit_median_seconds", help: "Median time of the last commits of this process.",
            Double(commits.medianMicroseconds) / 1_000_000)
    }
}

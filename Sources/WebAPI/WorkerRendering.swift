import JSONText
import TaskEngine
import WebCore

/// How workers and pools look in JSON. Every function writes the members of an object that its caller opened.
enum WorkerRendering {
    /// - Parameter isWhole: whether more than status and counts is shown.
    static func health(
        _ health: WorkerHealth, _ examination: DoctorRecord.Entry?, isWhole: Bool, in writer: inout JSONWriter
    ) {
        writer.field("status", health.status.rawValue)
        writer.field("workers", health.workers.count)
        writer.field("active_tasks", health.running)
        writer.countField("queued_tasks", health.queued)
        guard isWhole else { return }
        writer.key("reasons")
        writer.array { array in
            for reason in health.reasons { array.value(reason) }
        }
        writer.key("doctor")
        if let examination { writer.object { DoctorRoutes.badge(examination, in: &$0) } } else { writer.null() }
        writer.key("pools")
        writer.array { array in
            for item in health.pools { array.object { pool(item, in: &$0) } }
        }
        writer.key("workers_detail")
        writer.array { array in
            for item in health.workers { array.object { worker(item, in: &$0) } }
        }
    }

    static func pool(_ pool: PoolDetail, in writer: inout JSONWriter) {
        writer.field("name", pool.name)
        writer.field("limit", pool.limit)
        writer.field("slots", pool.slots)
        writer.field("running", pool.running)
    }

    private static func worker(_ worker: WorkerHealth.Worker, in writer: inout JSONWriter) {
        let detail = worker.detail
        writer.field("id", detail.id)
        writer.field("name", detail.name)
        writer.field("host", detail.host)
        writer.field("pid", detail.pid)
        writer.field("state", worker.isStale ? "not_responding" : detail.isDraining ? "draining" : "live")
        writer.timeField("started_at", detail.startedAt)
        writer.timeField("seen_at", detail.seenAt)
        writer.field("seen_ago_ms", worker.silentMilliseconds)
        writer.field("active_tasks", detail.running)
        writer.fieldRaw("pools", detail.pools)
        writer.fieldRaw("queues", detail.queues)
        writer.fieldRaw("types", detail.types)
    }
}

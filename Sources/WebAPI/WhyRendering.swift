import JSONText
import TaskEngine
import WebCore

/// How the reasons for which a task does not run look in JSON.
enum WhyRendering {
    static func write(_ why: Why, in writer: inout JSONWriter) {
        writer.field("task_id", why.id)
        writer.field("state", why.state.rawValue)
        writer.field("summary", why.reasons.first.map { WhySentence.text($0, why) })
        writer.key("reasons")
        writer.array { array in
            for reason in why.reasons { array.object { write(reason, why, in: &$0) } }
        }
    }

    private static func write(_ reason: WhyReason, _ why: Why, in writer: inout JSONWriter) {
        writer.field("code", reason.code)
        writer.field("message", WhySentence.text(reason, why))
        switch reason {
        case .ended:
            writer.timeField("finished_at", why.finishedAt)
            writer.errorField(why.error)
        case .running(let attempt): write(attempt, in: &writer)
        case .workerSilent(let attempt, let silence):
            writer.field("worker", attempt.workerName)
            writer.field("worker_id", attempt.worker)
            writer.field("silent_ms", silence)
        case .cancelRequested(let time): writer.timeField("cancel_requested_at", time)
        case .scheduled(let time), .due(let time): write(runAt: time, why, in: &writer)
        case .backingOff(let time, let attempt, let maxRetries, let error):
            write(runAt: time, why, in: &writer)
            writer.field("attempt", attempt)
            writer.field("attempts_allowed", maxRetries + 1)
            writer.errorField(error)
        case .queuePaused(let queue, let forTenantOnly):
            writer.field("queue", queue)
            writer.field("scope", forTenantOnly ? "tenant" : "all")
        case .queueNotServed(let queue, let pool):
            writer.field("queue", queue)
            writer.field("pool", pool)
        case .typeUnknown(let type): writer.field("type", type)
        case .workersDraining(let count), .workersSilent(let count): writer.field("workers", count)
        case .poolPaused(let pool): writer.field("pool", pool)
        case .poolFull(let pool): write(pool, in: &writer)
        case .tasksAhead(let own, let others):
            writer.countField("own", own)
            writer.countField("others", others)
        case .expires(let time):
            writer.timeField("expires_at", time)
            writer.field("in_ms", max(0, time - why.readAt) / 1000)
        case .waitingForParents(let parents, let more): write(parents, more, in: &writer)
        case .waitingForElements(let count): writer.field("elements", count)
        case .waitingForRun(let run): writer.field("workflow_run_id", run)
        case .waitingForEvent(let name, let until):
            writer.field("event", name)
            writer.timeField("until", until)
        case .waitingForRoom, .noWorker, .ready: break
        }
    }

    private static func write(_ parents: [WhyParent], _ more: Int, in writer: inout JSONWriter) {
        writer.key("parents")
        writer.array { array in
            for parent in parents {
                array.object { object in
                    object.field("node", parent.node)
                    object.field("task_id", parent.task)
                    object.field("state", parent.state.rawValue)
                }
            }
        }
        writer.field("parents_more", more)
    }

    private static func write(_ attempt: WhyAttempt, in writer: inout JSONWriter) {
        writer.field("attempt", attempt.number)
        writer.field("worker", attempt.workerName)
        writer.field("worker_id", attempt.worker)
        writer.timeField("started_at", attempt.startedAt)
        writer.timeField("soft_deadline", attempt.softDeadline)
        writer.timeField("deadline", attempt.hardDeadline)
    }

    private static func write(runAt time: Int64, _ why: Why, in writer: inout JSONWriter) {
        writer.timeField("run_at", time)
        writer.field("in_ms", max(0, time - why.readAt) / 1000)
    }

    private static func write(_ pool: WhyPool, in writer: inout JSONWriter) {
        writer.field("pool", pool.name)
        writer.field("slots", pool.slots)
        writer.field("workers", pool.workers)
        writer.field("own", pool.own)
        writer.field("others", pool.others)
    }
}

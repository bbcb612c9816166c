import JSONText
import TaskEngine
import WebCore

/// How schedules look in JSON. Every function writes the members of an object that its caller opened.
enum ScheduleRendering {
    /// Due times that are shown ahead.
    static let nextTimes = 5

    static func summary(_ schedule: ScheduleDetail, in writer: inout JSONWriter) {
        writer.field("id", schedule.id)
        writer.field("name", schedule.name)
        switch schedule.timing {
        case .success(let timing): self.timing(timing, in: &writer)
        case .failure(let unreadable): timing(unreadable, in: &writer)
        }
        target(schedule.target, in: &writer)
        writer.field("overlap", schedule.overlap.rawValue)
        writer.field("catch_up", schedule.catchUp.rawValue)
        writer.field("paused", schedule.isPaused)
        writer.timeField("next_at", schedule.nextAt)
        writer.timeField("waiting_at", schedule.waitingAt)
        writer.timeField("last_at", schedule.lastAt)
        writer.field("last_task_id", schedule.lastTask)
        writer.field("last_workflow_run_id", schedule.lastRun)
        writer.timeField("created_at", schedule.createdAt)
        writer.timeField("updated_at", schedule.updatedAt)
        writer.field("version", schedule.version)
    }

    static func detail(_ schedule: ScheduleDetail, in writer: inout JSONWriter) {
        summary(schedule, in: &writer)
        times(schedule.nextTimes(nextTimes), in: &writer)
    }

    static func preview(_ timing: ScheduleTiming, _ times: [Int64], in writer: inout JSONWriter) {
        self.timing(timing, in: &writer)
        self.times(times, in: &writer)
    }

    static func firing(_ firing: ScheduleFiring, in writer: inout JSONWriter) {
        writer.field("number", firing.number)
        writer.timeField("due_at", firing.dueAt)
        writer.timeField("decided_at", firing.decidedAt)
        writer.field("outcome", firing.outcome.rawValue)
        writer.field("reason", firing.reason?.rawValue)
        writer.field("detail", firing.detail)
        writer.field("manual", firing.isManual)
        writer.field("task_id", firing.task)
        writer.field("workflow_run_id", firing.run)
    }

    private static func timing(_ timing: ScheduleTiming, in writer: inout JSONWriter) {
        var (cron, zone, interval): (String?, String?, Int64?) = (nil, nil, nil)
        switch timing {
        case .cron(let expression, let name): (cron, zone) = (expression.text, name.name)
        case .interval(let milliseconds, _): interval = milliseconds
        }
        writer.field("cron", cron)
        writer.field("zone", zone)
        writer.field("every_ms", interval)
        writer.field("description", timing.description)
    }

    /// As it is stored, and what is wrong with it.
    private static func timing(_ unreadable: UnreadableSchedule, in writer: inout JSONWriter) {
        writer.field("cron", unreadable.cron)
        writer.field("zone", unreadable.zone)
        writer.field("every_ms", nil as Int64?)
        writer.field("description", nil as String?)
        writer.field("problem", unreadable.description)
    }

    private static func target(_ target: ScheduleTarget, in writer: inout JSONWriter) {
        switch target {
        case .task(let task):
            writer.key("task")
            writer.object { self.task(task, in: &$0) }
            writer.field("workflow", nil as String?)
        case .workflow(let workflow):
            writer.field("task", nil as String?)
            writer.key("workflow")
            writer.object { object in
                object.field("workflow_id", workflow.id)
                object.fieldRaw("params", workflow.params)
            }
        }
    }

    private static func task(_ task: NewTask, in writer: inout JSONWriter) {
        writer.field("type", task.type)
        writer.fieldRaw("input", task.input)
        writer.field("queue", task.queue)
        writer.field("priority", task.priority)
        writer.field("max_retries", task.maxRetries)
        writer.field("timeout_ms", task.timeoutMilliseconds)
        writer.fieldRaw("tags", task.tags ?? "[]")
        writer.fieldRaw("metadata", task.metadata ?? "{}")
    }

    private static func times(_ times: [Int64], in writer: inout JSONWriter) {
        writer.key("next_times")
        writer.array { array in for time in times { array.value(Timestamp.format(time)) } }
    }
}

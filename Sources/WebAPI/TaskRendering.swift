import JSONText
import TaskEngine
import WebCore

/// How tasks look in JSON. Every function writes the members of an object that its caller opened.
enum TaskRendering {
    /// What a submit and a retry answer.
    /// - Parameter task: nil for one that was found and is deleted by now: only its id is known.
    static func submitted(_ id: Int64, _ task: TaskChange?, in writer: inout JSONWriter) {
        writer.field("id", id)
        writer.field("type", task?.type)
        writer.field("queue", task?.queue)
        writer.field("state", task?.state.rawValue)
    }

    static func batch(_ submitted: Submitted, in writer: inout JSONWriter) {
        writer.key("ids")
        writer.array { array in for id in submitted.ids { array.value(id) } }
        writer.key("existing")
        writer.array { array in for index in submitted.existing { array.value(index) } }
    }

    static func summary(_ task: TaskSummary, in writer: inout JSONWriter) {
        writer.field("id", task.id)
        writer.field("type", task.type)
        writer.field("queue", task.queue)
        writer.field("state", task.state.rawValue)
        writer.field("priority", task.priority)
        writer.field("attempt", task.attempt)
        writer.field("max_retries", task.maxRetries)
        writer.timeField("created_at", task.createdAt)
        writer.timeField("run_at", task.readyAt)
        writer.timeField("started_at", task.startedAt)
        writer.timeField("finished_at", task.finishedAt)
        writer.errorField(task.error)
        writer.fieldRaw("tags", task.tags ?? "[]")
    }

    static func detail(_ task: TaskDetail, in writer: inout JSONWriter) {
        summary(task.summary, in: &writer)
        if let node = task.node {
            writer.field("workflow_run_id", node.run)
            writer.field("node", task.nodeName)
            writer.field("element", node.element)
        }
        writer.fieldRaw("input", task.input)
        result(task.output, isExpired: task.isResultExpired, in: &writer)
        writer.fieldRaw("metadata", task.metadata ?? "{}")
        writer.field("unique_key", task.uniqueKey)
        writer.timeField("expires_at", task.expiresAt)
        writer.field("timeout_ms", task.timeoutMilliseconds)
        writer.field("worker_id", task.worker)
        writer.timeField("cancel_requested_at", task.cancelRequestedAt)
        writer.field("version", task.version)
        progress(task.progress, in: &writer)
        writer.key("attempts")
        writer.array { array in
            for item in task.attempts { array.object { attempt(item, in: &$0) } }
        }
    }

    static func status(_ task: TaskStatus, in writer: inout JSONWriter) {
        writer.field("task_id", task.id)
        writer.field("status", task.state.rawValue)
        writer.field("state", task.state.rawValue)
        result(task.output, isExpired: task.isResultExpired, in: &writer)
        writer.errorField(task.error)
        progress(task.progress, in: &writer)
    }

    static func cancelled(_ id: Int64, in writer: inout JSONWriter) {
        writer.field("task_id", id)
        writer.field("cancelled", true)
        writer.field("state", TaskState.cancelled.rawValue)
    }

    static func cancelRequested(_ id: Int64, at time: Int64, in writer: inout JSONWriter) {
        writer.field("task_id", id)
        writer.field("cancelled", false)
        writer.field("state", TaskState.running.rawValue)
        writer.timeField("cancel_requested_at", time)
    }

    static func logLine(_ line: TaskLogLine, in writer: inout JSONWriter) {
        writer.field("id", line.id)
        writer.field("attempt", line.attempt)
        writer.field("level", line.level.rawValue)
        writer.field("message", line.message)
        writer.timeField("time", line.loggedAt)
    }

    /// Only a result that was there and is gone is said to have expired.
    private static func result(_ output: String?, isExpired: Bool, in writer: inout JSONWriter) {
        writer.fieldRaw("result", output)
        if isExpired { writer.field("result_expired", true) }
    }

    private static func attempt(_ attempt: AttemptDetail, in writer: inout JSONWriter) {
        writer.field("attempt", attempt.number)
        writer.field("worker", attempt.workerName)
        writer.field("worker_id", attempt.worker)
        writer.timeField("started_at", attempt.startedAt)
        writer.timeField("finished_at", attempt.finishedAt)
        writer.field("run_ms", attempt.finishedAt.map { max(0, $0 - attempt.startedAt) / 1000 })
        writer.field("outcome", attempt.outcome?.rawValue)
        writer.errorField(attempt.error)
    }

    private static func progress(_ progress: ProgressDetail?, in writer: inout JSONWriter) {
        writer.key("progress")
        guard let progress else { return writer.null() }
        writer.object { writer in
            writer.field("fraction", progress.fraction)
            writer.field("message", progress.message)
            writer.timeField("updated_at", progress.updatedAt)
        }
    }
}

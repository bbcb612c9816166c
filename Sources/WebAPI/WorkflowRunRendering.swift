import JSONText
import TaskEngine
import WebCore

/// How workflow runs look in JSON. Every function writes the members of an object that its caller opened.
enum WorkflowRunRendering {
    static func summary(_ run: WorkflowRunSummary, in writer: inout JSONWriter) {
        writer.field("job_run_id", run.name)
        writer.field("workflow_run_id", run.id)
        writer.field("workflow_id", run.workflow)
        writer.field("workflow_version", run.workflowVersion)
        writer.field("status", run.state.rawValue)
        writer.fieldRaw("params", run.params)
        writer.fieldRaw("tags", run.tags ?? "[]")
        writer.fieldRaw("metadata", run.metadata ?? "{}")
        writer.timeField("created_at", run.createdAt)
        writer.timeField("started_at", run.startedAt)
        writer.timeField("finished_at", run.finishedAt)
        writer.field("duration_ms", run.finishedAt.map { max(0, $0 - (run.startedAt ?? run.createdAt)) / 1000 })
        writer.timeField("deadline_at", run.deadlineAt)
        writer.field("task_count", run.tasks)
        writer.field("unfinished_nodes", run.unfinished)
        writer.field("failed_nodes", run.failed)
        writer.timeField("cancel_requested_at", run.cancelRequestedAt)
        writer.field("cancel_reason", run.cancelReason)
        writer.field("parent_run_id", run.parentRun)
        writer.field("version", run.version)
    }

    /// - Parameter now: microseconds since 1970; the end of what lasts still.
    static func detail(_ run: RunDetail, now: Int64, in writer: inout JSONWriter) {
        summary(run.summary, in: &writer)
        writer.fieldRaw("output", run.output)
        error(run, in: &writer)
        writer.key("nodes")
        writer.array { array in
            for item in run.nodes { array.object { node(item, run.plan, now: now, in: &$0) } }
        }
    }

    /// What made the run fail first, as far as times tell.
    private static func error(_ run: RunDetail, in writer: inout JSONWriter) {
        let failed = run.nodes.filter { $0.state == .failed && run.plan.nodes[$0.index].onFailure == .fail && $0.error != nil }
        writer.key("error")
        guard run.summary.state == .failed, let first = failed.min(by: { ($0.finishedAt ?? .max) < ($1.finishedAt ?? .max) }),
            let error = first.error
        else { return writer.null() }
        writer.object { object in
            object.field("code", error.code)
            object.field("message", error.message)
            object.field("node", run.plan.nodes[first.index].id)
        }
    }

    private static func node(_ node: RunNode, _ plan: WorkflowPlan, now: Int64, in writer: inout JSONWriter) {
        let readyAt = node.readySince
        writer.field("id", plan.nodes[node.index].id)
        writer.field("task_id", node.task)
        writer.field("task", node.type)
        writer.field("queue", node.queue)
        writer.field("state", node.state.rawValue)
        writer.field("level", plan.levels[node.index])
        writer.field("attempt", node.attempt)
        writer.key("depends_on")
        writer.array { array in for parent in plan.parents[node.index] { array.value(plan.nodes[parent].id) } }
        writer.timeField("queued_at", readyAt)
        writer.timeField("run_at", node.state == .scheduled ? node.readyAt : nil)
        writer.timeField("started_at", node.startedAt)
        writer.timeField("finished_at", node.finishedAt)
        writer.field("queue_ms", readyAt.map { max(0, (node.startedAt ?? now) - $0) / 1000 })
        writer.field("run_ms", node.startedAt.flatMap { begin in node.end(now).map { max(0, $0 - begin) / 1000 } })
        writer.fieldRaw("output", node.output)
        if node.isOutputOmitted { writer.field("output_omitted", true) }
        writer.errorField(node.error)
        if !node.elements.isEmpty {
            writer.key("elements")
            writer.object { object in
                object.field("total", node.elements.values.reduce(0, +))
                for state in TaskState.allCases { object.field(state.rawValue, node.elements[state] ?? 0) }
            }
        }
        if let run = node.childRun { writer.field("child_run_id", run) }
        writer.field("version", node.version)
    }

    static func element(_ element: RunElement, in writer: inout JSONWriter) {
        writer.field("index", element.index)
        writer.field("task_id", element.task)
        writer.field("state", element.state.rawValue)
        writer.field("attempt", element.attempt)
        writer.timeField("started_at", element.startedAt)
        writer.timeField("finished_at", element.finishedAt)
        writer.fieldRaw("output", element.output)
        writer.errorField(element.error)
    }

    static func logLine(_ line: RunLogLine, _ plan: WorkflowPlan, in writer: inout JSONWriter) {
        writer.field("id", line.line.id)
        writer.field("node", plan.nodes.indices.contains(line.node) ? plan.nodes[line.node].id : nil)
        writer.field("element", line.element)
        writer.field("task_id", line.task)
        writer.field("attempt", line.line.attempt)
        writer.field("level", line.line.level.rawValue)
        writer.field("message", line.line.message)
        writer.timeField("time", line.line.loggedAt)
    }
}

extension RunNode {
    /// When it last became ready; nil while it is not yet, and of one that never was.
    fileprivate var readySince: Int64? {
        switch state {
        case .queued, .running, .succeeded, .failed: readyAt
        case .cancelled: startedAt == nil ? nil : readyAt
        case .waiting, .scheduled, .skipped: nil
        }
    }

    /// When what it does ended, or the present moment while it lasts; nil when it waits for its next attempt.
    fileprivate func end(_ now: Int64) -> Int64? {
        switch state {
        case .running, .waiting: now
        case .succeeded, .failed, .cancelled, .skipped: finishedAt
        case .scheduled, .queued: nil
        }
    }
}

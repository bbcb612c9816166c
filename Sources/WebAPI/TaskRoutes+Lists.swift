import Hummingbird
import JSONText
import Storage
import TaskEngine
import WebCore

extension TaskRoutes {
    /// Tasks, newest first.
    @Sendable func list(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        var filter = TaskFilter()
        filter.state = query.string("state", oneOf: TaskState.allCases.map(\.rawValue)).flatMap(TaskState.init)
        // Tasks are stored under their type's own name; one that no process here knows may still be in the database.
        filter.type = query.string("type", maxLength: 200).map { service.registry.type(named: $0)?.name ?? $0 }
        filter.queue = query.string("queue", maxLength: 200)
        filter.before = query.time("before")
        filter.after = query.time("after")
        filter.uniqueKey = query.string("unique_key", maxLength: SubmitBody.longestUniqueKey)
        filter.labels = labels(&query)
        let run = query.string("workflow_run_id", maxLength: WorkflowRunBody.longestKey)
        let page = query.page(of: "tasks")
        try query.finish()
        let tenant = context.tenant
        let tasks = try await service.database.read { [filter] connection in
            var filter = filter
            if let run {
                guard let id = try FindRun.id(run, tenant: tenant, on: connection) else { return [TaskSummary]() }
                filter.run = id
            }
            return try ListTasks.page(filter, tenant: tenant, after: page.afterID, limit: page.fetchLimit, on: connection)
        }
        return Page.response(tasks, page, id: \.id) { writer, task in
            writer.object { TaskRendering.summary(task, in: &$0) }
        }
    }

    /// `?tag=` and `?metadata.KEY=`: all of them must match.
    private func labels(_ query: inout QueryReader) -> [String] {
        let tags = query.strings("tag", maxLength: SubmitBody.longestTag)
        let members = query.strings(prefix: "metadata.", maxLength: TaskLabel.longestValue)
        for member in members where member.name.unicodeScalars.count > TaskLabel.longestKey {
            query.problem("metadata", "searches members whose names have at most \(TaskLabel.longestKey) characters")
        }
        if tags.count + members.count > Self.mostLabels {
            query.problem("tag", "and metadata can be given \(Self.mostLabels) times in all")
        }
        return tags.map(TaskLabel.tag) + members.map { TaskLabel.member($0.name, $0.value) }
    }

    /// Each costs a look per task that another one led to.
    private static let mostLabels = 10
}

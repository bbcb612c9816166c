import Hummingbird
import JSONText
import Storage
import TaskEngine
import WebCore

extension TaskRoutes {
    /// A task's log lines, oldest first.
    @Sendable func logs(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let id = try context.pathID()
        var query = QueryReader(request)
        let level = query.string("level", oneOf: TaskLogLevel.allCases.map(\.rawValue)).flatMap(TaskLogLevel.init)
        let attempt = query.int("attempt", in: 1...Int64(Int32.max)).map(Int.init)
        let after = query.int("after", in: 0...Int64.max)
        let page = query.page(of: "task_logs")
        if after != nil, page.cursor != nil { query.problem("after", "cannot be given together with a cursor") }
        try query.finish()
        let tenant = context.tenant
        let lines = try await service.database.read { connection -> ListPage<TaskLogLine, Int64>? in
            guard try ReadTask.exists(id, tenant: tenant, on: connection) else { return nil }
            return try ReadLogs.page(
                task: id, tenant: tenant, level: level, attempt: attempt, after: page.afterID ?? after, limit: page.limit, on: connection)
        }
        guard let lines else { throw Problem(.notFound) }
        return Page.response(lines.rows, next: lines.next.map { Cursor(page.list, id: $0) }) { writer, line in
            writer.object { TaskRendering.logLine(line, in: &$0) }
        }
    }
}

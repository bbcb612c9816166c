import Hummingbird
import JSONText
import Storage
import TaskEngine
import WebCore

extension TaskRoutes {
    /// Text of the lines on one page, in bytes; a page that would hold more ends early.
    private static let mostBytes = 1 << 20

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
        let lines = try await service.database.read { connection -> [TaskLogLine]? in
            guard try ReadTask.exists(id, tenant: tenant, on: connection) else { return nil }
            return try ReadLogs.page(
                task: id, tenant: tenant, level: level, attempt: attempt, after: page.afterID ?? after, limit: page.fetchLimit,
                on: connection)
        }
        guard let lines else { throw Problem(.notFound) }
        return Page.response(lines, page.ending(after: Self.shown(lines)), id: \.id) { writer, line in
            writer.object { TaskRendering.logLine(line, in: &$0) }
        }
    }

    /// How many lines the page has room for; at least one.
    private static func shown(_ lines: [TaskLogLine]) -> Int {
        var bytes = 0
        let fitting = lines.prefix { line in
            bytes += line.message.utf8.count
            return bytes <= mostBytes
        }
        return max(1, fitting.count)
    }
}

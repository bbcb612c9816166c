import HTTPTypes
import Hummingbird
import JSONText
import Storage
import TaskEngine
import WebCore

extension WorkflowRunRoutes {
    /// Runs, newest first.
    @Sendable func list(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        var filter = ListRuns.Filter()
        filter.state = query.string("status", oneOf: RunState.allCases.map(\.rawValue)).flatMap(RunState.init)
        if let name = workflow(&query) { (filter.workflow, filter.version) = (name.name, name.version) }
        let page = query.page(of: "workflow_runs")
        try query.finish()
        let tenant = context.tenant
        let runs = try await service.database.read { [filter] connection in
            try ListRuns.page(filter, tenant: tenant, after: page.afterID, limit: page.limit, on: connection)
        }
        return Page.response(runs.rows, next: runs.next.map { Cursor(page.list, id: $0) }) { writer, run in
            writer.object { WorkflowRunRendering.summary(run, in: &$0) }
        }
    }

    private func workflow(_ query: inout QueryReader) -> WorkflowName? {
        guard let text = query.string("workflow_id", maxLength: 200) else { return nil }
        let name = WorkflowName(text)
        if name == nil { query.problem("workflow_id", "must be the name of a workflow, or name@version") }
        return name
    }

    /// A run with its nodes.
    @Sendable func read(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try QueryReader(request).finish()
        let (name, tenant, workflows) = (try context.pathText("id"), context.tenant, service.workflows)
        let run = try await service.database.read { try ReadRun.detail(name, tenant: tenant, workflows, on: $0) }
        guard let run else { throw Problem(.notFound) }
        let now = service.tasks.now()
        return .jsonObject { WorkflowRunRendering.detail(run, now: now, in: &$0) }
    }

    /// The graph of a run with the state of each node.
    @Sendable func graph(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try QueryReader(request).finish()
        let (name, tenant, workflows) = (try context.pathText("id"), context.tenant, service.workflows)
        let run = try await service.database.read { try ReadRun.detail(name, tenant: tenant, withOutputs: false, workflows, on: $0) }
        guard let run else { throw Problem(.notFound) }
        return .svg(WorkflowDrawing(run.plan, marks: Self.marks(run)).svg)
    }

    /// By position in the plan; a list tells how far it is.
    private static func marks(_ run: RunDetail) -> [WorkflowDrawing.Mark] {
        var marks = Array(repeating: WorkflowDrawing.Mark(state: nil), count: run.plan.nodes.count)
        for node in run.nodes {
            let total = node.elements.values.reduce(0, +)
            let ended = node.elements.filter { $0.key.isTerminal }.values.reduce(0, +)
            marks[node.index] = WorkflowDrawing.Mark(state: node.state, note: total == 0 ? nil : "\(ended) of \(total)")
        }
        return marks
    }

    /// The elements of a node that runs once for each element of a list.
    @Sendable func elements(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let state = query.string("state", oneOf: TaskState.allCases.map(\.rawValue)).flatMap(TaskState.init)
        let page = query.page(of: "elements")
        try query.finish()
        let (name, node, tenant, workflows) = (try context.pathText("id"), try context.pathText("node"), context.tenant, service.workflows)
        let elements = try await service.database.read { connection in
            try ReadRun.elements(
                of: name, node: node, tenant: tenant, state: state, after: page.afterID, limit: page.limit, workflows, on: connection)
        }
        guard let elements else { throw Problem(.notFound) }
        return Page.response(elements.rows, next: elements.next.map { Cursor(page.list, id: $0) }) { writer, element in
            writer.object { WorkflowRunRendering.element(element, in: &$0) }
        }
    }

    /// Log lines of all nodes in the order of their commits.
    @Sendable func logs(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let node = query.string("node", maxLength: 200)
        let level = query.string("level", oneOf: TaskLogLevel.allCases.map(\.rawValue)).flatMap(TaskLogLevel.init)
        let after = query.int("after", in: 0...Int64.max)
        let page = query.page(of: "workflow_run_logs")
        if after != nil, page.cursor != nil { query.problem("after", "cannot be given together with a cursor") }
        try query.finish()
        let (name, tenant, workflows) = (try context.pathText("id"), context.tenant, service.workflows)
        let found = try await service.database.read { connection -> (plan: WorkflowPlan, lines: ListPage<RunLogLine, Int64>?)? in
            guard let run = try FindRun.summary(name, tenant: tenant, on: connection) else { return nil }
            let plan = try workflows.plans.plan(run.head, on: connection)
            let index = node.flatMap(plan.index(of:))
            if node != nil, index == nil { return (plan, nil) }
            let lines = try RunLogs.page(
                run: run.id, tenant: tenant, node: index, level: level, after: page.afterID ?? after, limit: page.limit,
                on: connection)
            return (plan, lines)
        }
        guard let found else { throw Problem(.notFound) }
        guard let lines = found.lines else {
            throw Problem(.invalidQuery, errors: [.init(pointer: "?node", detail: "is no node of this run")])
        }
        return Page.response(lines.rows, next: lines.next.map { Cursor(page.list, id: $0) }) { writer, line in
            writer.object { WorkflowRunRendering.logLine(line, found.plan, in: &$0) }
        }
    }

    /// How runs went in the last hours.
    @Sendable func stats(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let hours = Int(query.int("hours", in: 1...720) ?? 24)
        let workflow = query.string("workflow_id", maxLength: 200)
        try query.finish()
        let (tenant, now) = (context.tenant, service.tasks.now())
        let stats = try await service.database.read { connection in
            try RunStats.read(hours: hours, workflow: workflow, tenant: tenant, now: now, on: connection)
        }
        return .jsonObject { RunStatsRendering.write(stats, in: &$0) }
    }
}

extension Response {
    /// Answers a drawing. Nothing that it might refer to would be loaded, and no script of it run, were somebody to smuggle it in.
    static func svg(_ text: String) -> Response {
        var response = Response.text(text, contentType: "image/svg+xml; charset=utf-8")
        response.headers[.contentSecurityPolicy] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        return response
    }
}

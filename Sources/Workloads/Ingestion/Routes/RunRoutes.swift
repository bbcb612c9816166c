import Hummingbird
import JSONText
import Storage
import TaskEngine
import WebCore

/// Runs: how far the reading of an upload is, having it done again or stopped.
struct RunRoutes: RouteGroup {
    let service: TaskService

    /// The site map of this resource.
    func register(in routes: inout Routes) {
        routes.get("/runs", .viewer, list)
        routes.get("/runs/{id}", .viewer, read)
        routes.get("/runs/{id}/files", .viewer, files)
        routes.get("/runs/{id}/stanzas", .viewer, stanzas)
        routes.get("/runs/{id}/problems", .viewer, problems)
        routes.post("/runs/{id}/parse", .operator, parse)
        routes.post("/runs/{id}/cancel", .operator, cancel)
    }

    @Sendable private func list(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let status = query.string("status", oneOf: RunStatus.allCases.map(\.rawValue)).flatMap(RunStatus.init)
        let page = query.page(of: "runs")
        try query.finish()
        let tenant = context.tenant
        let runs = try await service.database.read {
            try ReadRuns.page(status: status, tenant: tenant, after: page.afterID, limit: page.fetchLimit, on: $0)
        }
        return Page.response(runs, page, id: \.id) { writer, run in
            writer.object { IngestionRendering.run(run, in: &$0) }
        }
    }

    @Sendable private func read(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try QueryReader(request).finish()
        let run = try await run(context)
        return .jsonObject { IngestionRendering.run(run, in: &$0) }
    }

    @Sendable private func parse(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let id = try context.pathID()
        try await request.requireNoFields(context: context)
        let key = try request.idempotencyKey(for: "POST /runs/{id}/parse", "\(id)".utf8, context)
        switch try await restart(id, once: key, context) {
        case .unknown: throw Problem(.notFound)
        case .keyReused: throw Problem(SubmitRefusal.keyReused, at: nil)
        case .unfinished: throw Problem(.notFinished, "The run has not ended; cancel it first.")
        case .restarted(let task, let changes, let isReplay):
            service.announce(changes)
            return Response.accepted(location: "/v1/runs/\(id)") { writer in
                IngestionRendering.restarted(id, task: task, in: &writer)
            }.replayed(isReplay)
        }
    }

    private func restart(_ id: Int64, once key: IdempotencyKey?, _ context: MillraceRequestContext) async throws -> RestartRun.Result {
        let (tenant, now) = (context.tenant, service.now())
        do {
            return try await service.database.write { [service] in
                try RestartRun.restart(run: id, once: key, tenant: tenant, now: now, service: service, on: $0)
            }
        } catch {
            throw Problem(submitting: error) ?? error
        }
    }

    @Sendable private func cancel(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await request.requireNoFields(context: context)
        let run = try await run(context)
        switch try await service.cancel(task: run.taskID, tenant: context.tenant) {
        case .unknown: throw Problem(.alreadyFinished, "The run has ended already: \(run.status.rawValue).")
        case .finished: throw Problem(.alreadyFinished, "The run has ended already: \(try await self.run(context).status.rawValue).")
        case .cancelled:
            return .jsonObject { IngestionRendering.cancelled(run, in: &$0) }
        case .requested(_, let time, _, _):
            return .accepted(location: "/v1/runs/\(run.id)") { IngestionRendering.cancelRequested(run, at: time, in: &$0) }
        }
    }

    /// The run that the path names.
    private func run(_ context: MillraceRequestContext) async throws -> RunDetail {
        let id = try context.pathID()
        let tenant = context.tenant
        let run = try await service.database.read { try ReadRuns.detail(id, tenant: tenant, on: $0) }
        guard let run else { throw Problem(.notFound) }
        return run
    }
}

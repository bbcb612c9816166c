import HTTPTypes
import Hummingbird
import JSONText
import Storage
package import TaskEngine
package import WebCore

/// Starting workflow runs, acting on them and reading them.
///
/// Whatever changes something is committed when its answer is sent. A run is named by its id or by the name that its caller gave to
/// it (`job_run_id`), which goes first. A run of another tenant is answered like one that does not exist.
package struct WorkflowRunRoutes: RouteGroup {
    let service: WorkflowService

    /// - Parameter service: carries out what the routes ask for; its database is the one that is read.
    package init(service: WorkflowService) {
        self.service = service
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.post("/workflow_runs", .operator, start)
        routes.get("/workflow_runs", .viewer, list)
        routes.get("/workflow_runs/stats", .viewer, stats)
        routes.get("/workflow_runs/{id}", .viewer, read)
        routes.delete("/workflow_runs/{id}", .operator, kill)
        routes.post("/workflow_runs/{id}/retry", .operator, retry)
        routes.post("/workflow_runs/{id}/restart", .operator, restart)
        routes.post("/workflow_runs/{id}/events", .operator, send)
        routes.get("/workflow_runs/{id}/logs", .viewer, logs)
        routes.get("/workflow_runs/{id}/graph.svg", .viewer, graph)
        routes.get("/workflow_runs/{id}/nodes/{node}/elements", .viewer, elements)
    }

    @Sendable private func start(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let body = try await request.json(context: context)
        var fields = ObjectReader(body)
        let run = WorkflowRunBody.request(&fields)
        try fields.finish()
        let key = try request.idempotencyKey(for: "POST /workflow_runs", body.rawBytes, context)
        switch try await service.start(run, tenant: context.tenant, once: key) {
        case .first(let result): return try await answer(result, run, context)
        case .replay(let id, let isNew): return try await answer(id, isNew: isNew, context).replayed(true)
        case .keyReused: throw Problem(.idempotencyKeyReused, "Nothing was started: the Idempotency-Key was sent with another request.")
        }
    }

    private func answer(
        _ result: StartRun.Result, _ request: StartRun.Request, _ context: MillraceRequestContext
    ) async throws -> Response {
        switch result {
        case .started(let id, _): return try await answer(id, isNew: true, context)
        case .existing(let id): return try await answer(id, isNew: false, context)
        case .unknownWorkflow:
            throw Problem(
                .unknownWorkflow, "Nothing was started.",
                errors: [
                    .init(pointer: "/workflow_id", detail: "names no workflow that is registered here: POST /v1/workflows registers one")
                ])
        case .invalidParams(let problems):
            throw Problem(.invalidFields, "Nothing was started.", errors: problems.map { FieldProblem($0, at: "/params") })
        case .unknownQueue(let queue, let node):
            throw Problem(.unknownQueue, "Nothing was started: the node '\(node)' belongs to the queue '\(queue)', which does not exist.")
        }
    }

    private func answer(_ id: Int64, isNew: Bool, _ context: MillraceRequestContext) async throws -> Response {
        guard let run = try await service.summary(of: id, tenant: context.tenant) else { throw Problem(.notFound) }
        return .jsonObject(isNew ? .accepted : .ok, headers: [.location: "/v1/workflow_runs/\(id)"]) { writer in
            WorkflowRunRendering.summary(run, in: &writer)
            writer.field("existing", !isNew)
        }
    }

    @Sendable private func kill(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let reason = query.string("reason", maxLength: 1000)
        try query.finish()
        try await request.requireNoFields(readsQuery: true, context: context)
        let id = try await runID(context)
        switch try await service.kill(run: id, tenant: context.tenant, reason: reason) {
        case .unknown: throw Problem(.notFound)
        case .finished(let state): throw Problem(.alreadyFinished, "The run has ended already: \(state.rawValue).")
        case .killed: return try await accepted(id, context)
        }
    }

    @Sendable private func retry(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await request.requireNoFields(context: context)
        let id = try await runID(context)
        switch try await service.retry(run: id, tenant: context.tenant) {
        case .unknown: throw Problem(.notFound)
        case .refused(.succeeded):
            throw Problem(.conflict, "The run succeeded; there is nothing to retry. POST …/restart starts another one like it.")
        case .nothingLeft:
            throw Problem(.conflict, "All nodes of the run succeeded before it was ended; POST …/restart starts another one like it.")
        case .pruned:
            throw Problem(.conflict, "The run ended long ago and is being deleted; POST …/restart starts another one like it.")
        case .refused(let state): throw Problem(.notFinished, "The run has not ended: \(state.rawValue). DELETE ends it.")
        case .child(let parent):
            throw Problem(.conflict, "A node of run \(parent) waits for this run: retry that one, POST /v1/workflow_runs/\(parent)/retry.")
        case .retried(let nodes, _): return try await accepted(id, context) { $0.field("retried_nodes", nodes) }
        }
    }

    @Sendable private func restart(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await request.requireNoFields(context: context)
        let id = try await runID(context)
        guard let again = try await service.database.read({ try ReadRunRequest.of(id, tenant: context.tenant, on: $0) }) else {
            throw Problem(.notFound)
        }
        let key = try request.idempotencyKey(for: "POST /workflow_runs/{id}/restart", "\(id)".utf8, context)
        switch try await service.start(again, tenant: context.tenant, once: key) {
        case .first(let result): return try await answer(result, again, context)
        case .replay(let run, let isNew): return try await answer(run, isNew: isNew, context).replayed(true)
        case .keyReused: throw Problem(.idempotencyKeyReused, "Nothing was started: the Idempotency-Key was sent with another request.")
        }
    }

    @Sendable private func send(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let body = try await request.json(context: context)
        var fields = ObjectReader(body)
        let event = WorkflowRunBody.event(&fields)
        try fields.finish()
        let id = try await runID(context)
        let key = try request.idempotencyKey(for: "POST /workflow_runs/{id}/events", Array("\(id) ".utf8) + body.rawBytes, context)
        let (nodes, isReplay): (Int, Bool)
        switch try await service.send(event.name, data: event.data, to: id, tenant: context.tenant, once: key) {
        case .first(.unknown): throw Problem(.notFound)
        case .first(.finished(let state)): throw Problem(.alreadyFinished, "The run takes no more events: it is \(state.rawValue).")
        case .first(.tooMany): throw Problem(.tooManyEvents, "The run has been told as many events as are kept with one.")
        case .first(.kept): (nodes, isReplay) = (0, false)
        case .first(.taken(let count, _)): (nodes, isReplay) = (count, false)
        case .replay(let count): (nodes, isReplay) = (count, true)
        case .keyReused: throw Problem(.idempotencyKeyReused, "Nothing was sent: the Idempotency-Key was sent with another request.")
        }
        return Response.accepted(location: "/v1/workflow_runs/\(id)") { writer in
            writer.field("workflow_run_id", id)
            writer.field("name", event.name)
            // Kept for the first node that comes to wait for it.
            writer.field("waiting_nodes", nodes)
        }.replayed(isReplay)
    }

    // MARK: - The run in the path

    /// - Throws: ``Problem`` with code `not_found` when the tenant has no such run.
    func runID(_ context: MillraceRequestContext) async throws -> Int64 {
        let name = try context.pathText("id")
        guard let id = try await service.run(named: name, tenant: context.tenant) else { throw Problem(.notFound) }
        return id
    }

    private func accepted(
        _ id: Int64, _ context: MillraceRequestContext, _ more: (inout JSONWriter) -> Void = { _ in }
    ) async throws -> Response {
        guard let run = try await service.summary(of: id, tenant: context.tenant) else { throw Problem(.notFound) }
        return .accepted(location: "/v1/workflow_runs/\(id)") { writer in
            WorkflowRunRendering.summary(run, in: &writer)
            more(&writer)
        }
    }
}

import HTTPTypes
import Hummingbird
import JSONText
import Storage
package import TaskEngine
package import WebCore

/// Submitting tasks, reading them and acting on them.
///
/// Whatever changes something is committed when its answer is sent. A task of another tenant is answered like one that
/// does not exist.
package struct TaskRoutes: RouteGroup {
    let service: TaskService

    /// - Parameter service: carries out what the routes ask for; its database is the one that is read.
    package init(service: TaskService) {
        self.service = service
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.post("/tasks", .operator, submit)
        routes.post("/tasks/batch", .operator, submitBatch)
        routes.get("/tasks", .viewer, list)
        routes.get("/tasks/{id}", .viewer, read)
        routes.get("/tasks/{id}/status", .viewer, status)
        routes.get("/worker/tasks/{id}", .viewer, status)
        routes.get("/tasks/{id}/logs", .viewer, logs)
        routes.get("/tasks/{id}/why", .viewer, why)
        routes.post("/tasks/{id}/cancel", .operator, cancel)
        routes.post("/tasks/{id}/retry", .operator, retry)
    }

    @Sendable private func submit(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let body = try await request.json(context: context)
        var fields = ObjectReader(body)
        let task = SubmitBody.task(&fields)
        try fields.finish()
        let key = try request.idempotencyKey(for: "POST /tasks", body.rawBytes, context)
        let submitted = try await submit([task], once: key, at: { _ in "" }, context)
        let isNew = submitted.existing.isEmpty
        return Response.jsonObject(isNew ? .accepted : .ok, headers: [.location: "/v1/tasks/\(submitted.ids[0])"]) { writer in
            TaskRendering.submitted(submitted.ids[0], submitted.tasks[0], in: &writer)
            writer.field("existing", !isNew)
        }.replayed(submitted.isReplay)
    }

    @Sendable private func submitBatch(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let body = try await request.json(limit: BodyLimit.batchBytes, context: context)
        var fields = ObjectReader(body)
        let tasks = SubmitBody.batch(&fields)
        try fields.finish()
        let key = try request.idempotencyKey(for: "POST /tasks/batch", body.rawBytes, context)
        let submitted = try await submit(tasks, once: key, at: { "/tasks/\($0)" }, context)
        return Response.accepted(location: "/v1/tasks") { TaskRendering.batch(submitted, in: &$0) }.replayed(submitted.isReplay)
    }

    private func submit(
        _ tasks: [SubmitRequest], once key: IdempotencyKey?, at place: (Int) -> String, _ context: MillraceRequestContext
    ) async throws -> Submitted {
        switch try await service.submit(tasks, tenant: context.tenant, once: key) {
        case .submitted(let submitted): return submitted
        case .refused(let refusal): throw Problem(refusal, at: place(refusal.index))
        }
    }

    @Sendable private func read(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let id = try context.pathID()
        var query = QueryReader(request)
        let wait = wait(&query)
        try query.finish()
        if wait > .zero { _ = try await standing(id, after: wait, context) }
        let (tenant, workflows) = (context.tenant, service.workflows)
        let task = try await service.database.read { try ReadTask.detail(id, tenant: tenant, workflows, on: $0) }
        guard let task else { throw Problem(.notFound) }
        return .jsonObject { TaskRendering.detail(task, in: &$0) }
    }

    @Sendable private func cancel(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let id = try context.pathID()
        try await request.requireNoFields(context: context)
        switch try await service.cancel(task: id, tenant: context.tenant) {
        case .unknown: throw Problem(.notFound)
        case .finished(let state): throw Problem(.alreadyFinished, "The task has ended already: \(state.rawValue).")
        case .cancelled:
            return .jsonObject { TaskRendering.cancelled(id, in: &$0) }
        case .requested(_, let time, _, _):
            return .accepted(location: "/v1/tasks/\(id)") { TaskRendering.cancelRequested(id, at: time, in: &$0) }
        }
    }

    @Sendable private func retry(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let id = try context.pathID()
        try await request.requireNoFields(context: context)
        switch try await service.redrive(task: id, tenant: context.tenant) {
        case .unknown: throw Problem(.notFound)
        case .refused(let state) where state.isTerminal: throw Problem(.conflict, "The task succeeded; there is nothing to retry.")
        case .refused(let state): throw Problem(.notFinished, "The task has not ended: \(state.rawValue).")
        case .node(let run):
            throw Problem(.conflict, "The task is a node of workflow run \(run): retry the run, POST /v1/workflow_runs/\(run)/retry.")
        case .keyTaken(let holder): throw Problem(.uniqueKeyTaken, "Task \(holder) holds the task's unique key.")
        case .queued(let change):
            return .accepted(location: "/v1/tasks/\(id)") { TaskRendering.submitted(id, change, in: &$0) }
        }
    }
}

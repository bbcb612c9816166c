import Hummingbird
import JSONText
import Storage
package import TaskEngine
package import WebCore

/// Schedules: what is submitted or started again and again. A path names one by its id or its name.
///
/// Whatever changes something is committed when its answer is sent. A schedule of another tenant is answered like one that does
/// not exist.
package struct ScheduleRoutes: RouteGroup {
    let service: ScheduleService

    /// - Parameter service: writes schedules; its database is the one that is read.
    package init(service: ScheduleService) {
        self.service = service
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.post("/schedules", .admin, create)
        routes.get("/schedules", .viewer, list)
        routes.post("/schedules/preview", .viewer, preview)
        routes.get("/schedules/{id}", .viewer, read)
        routes.patch("/schedules/{id}", .admin, change)
        routes.delete("/schedules/{id}", .admin, delete)
        routes.post("/schedules/{id}/pause", .admin, pause)
        routes.post("/schedules/{id}/resume", .admin, resume)
        routes.post("/schedules/{id}/run", .operator, run)
        routes.get("/schedules/{id}/firings", .viewer, firings)
    }

    // MARK: - Reading

    @Sendable private func list(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let page = query.page(of: "schedules", keys: [.text])
        try query.finish()
        let tenant = context.tenant
        let schedules = try await service.database.read { connection in
            try ReadSchedules.page(tenant: tenant, after: page.cursor?.text(0), limit: page.limit, on: connection)
        }
        return Page.response(schedules.rows, next: schedules.next.map { Cursor(page.list, .text($0)) }) { writer, schedule in
            writer.object { ScheduleRendering.summary(schedule, in: &$0) }
        }
    }

    @Sendable private func read(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try QueryReader(request).finish()
        let schedule = try await find(context)
        return .jsonObject { ScheduleRendering.detail(schedule, in: &$0) }
    }

    @Sendable private func firings(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let page = query.page(of: "firings")
        try query.finish()
        let schedule = try await find(context)
        let tenant = context.tenant
        let firings = try await service.database.read { connection in
            try ReadSchedules.firings(of: schedule.id, tenant: tenant, before: page.afterID, limit: page.fetchLimit, on: connection)
        }
        return Page.response(firings, page, id: \.number) { writer, firing in
            writer.object { ScheduleRendering.firing(firing, in: &$0) }
        }
    }

    @Sendable private func preview(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var fields = ObjectReader(try await request.json(context: context))
        let timing = ScheduleBody.timing(&fields, now: service.now())
        try fields.finish()
        guard let timing else { throw Problem(.invalidFields) }
        let times = timing.next(ScheduleRendering.nextTimes, after: service.now())
        return .jsonObject { ScheduleRendering.preview(timing, times, in: &$0) }
    }

    private func find(_ context: MillraceRequestContext) async throws -> ScheduleDetail {
        let (key, tenant) = (try key(context), context.tenant)
        let schedule = try await service.database.read { try ReadSchedules.one(key, tenant: tenant, on: $0) }
        guard let schedule else { throw Problem(.notFound) }
        return schedule
    }

    private func key(_ context: MillraceRequestContext) throws -> ScheduleKey {
        ScheduleKey(try context.pathText("id"))
    }

    // MARK: - Writing

    @Sendable private func create(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let body = try await request.json(context: context)
        var fields = ObjectReader(body)
        let new = ScheduleBody.definition(&fields, now: service.now())
        try fields.finish()
        guard let new else { throw Problem(.invalidFields) }
        let definition = ScheduleDefinition(
            name: new.name, timing: new.timing, target: try await target(new.target, context), overlap: new.overlap ?? .skip,
            catchUp: new.catchUp ?? .latest, isPaused: new.isPaused ?? false)
        let key = try request.idempotencyKey(for: "POST /schedules", body.rawBytes, context)
        guard let result = try await service.create(definition, tenant: context.tenant, once: key) else {
            throw Problem(SubmitRefusal.keyReused, at: nil)
        }
        let (schedule, isReplay) = try written(result)
        return Response.created(location: "/v1/schedules/\(schedule.id)") { ScheduleRendering.detail(schedule, in: &$0) }
            .replayed(isReplay)
    }

    @Sendable private func change(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let schedule = try await find(context)
        var fields = ObjectReader(try await request.json(context: context))
        let body = ScheduleBody.change(&fields, of: schedule, now: service.now())
        try fields.finish()
        var newTarget: ScheduleTarget?
        if let target = body.target { newTarget = try await self.target(target, context) }
        let change = ScheduleChange(
            timing: body.timing, target: newTarget, overlap: body.overlap, catchUp: body.catchUp,
            isPaused: body.isPaused)
        let result = try await service.change(.id(schedule.id), change, tenant: context.tenant)
        let changed = try written(result).schedule
        return .jsonObject { ScheduleRendering.detail(changed, in: &$0) }
    }

    @Sendable private func pause(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await setPaused(true, request, context)
    }

    @Sendable private func resume(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await setPaused(false, request, context)
    }

    private func setPaused(_ isPaused: Bool, _ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await request.requireNoFields(context: context)
        let change = ScheduleChange(isPaused: isPaused)
        let schedule = try written(try await service.change(try key(context), change, tenant: context.tenant)).schedule
        return .jsonObject { ScheduleRendering.detail(schedule, in: &$0) }
    }

    @Sendable private func delete(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        try await request.requireNoFields(context: context)
        guard try await service.delete(try key(context), tenant: context.tenant) else { throw Problem(.notFound) }
        return .noContent
    }

    @Sendable private func run(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let name = try context.pathText("id")
        try await request.requireNoFields(context: context)
        let once = try request.idempotencyKey(for: "POST /schedules/{id}/run", name.utf8, context)
        switch try await service.run(ScheduleKey(name), tenant: context.tenant, once: once) {
        case nil: throw Problem(SubmitRefusal.keyReused, at: nil)
        case .unknown: throw Problem(.notFound)
        case .refused(let reason): throw Problem(.conflict, "Nothing was started: \(reason).")
        case .started(let task, let run, _, let isReplay):
            let place = task.map { "/v1/tasks/\($0)" } ?? run.map { "/v1/workflow_runs/\($0)" } ?? "/v1/schedules/\(name)"
            return Response.accepted(location: place) { writer in
                writer.field("task_id", task)
                writer.field("workflow_run_id", run)
            }.replayed(isReplay)
        }
    }

    /// What the body says is to be started, with everything filled in.
    private func target(_ target: ScheduleBody.Target, _ context: MillraceRequestContext) async throws -> ScheduleTarget {
        switch target {
        case .task(let request):
            switch service.target(request, tenant: context.tenant) {
            case .success(let target): return target
            case .failure(let refusal): throw Problem(refusal, at: "/task", detail: "Nothing was written.")
            }
        case .workflow(let workflow):
            guard let problems = try await service.problems(with: workflow, tenant: context.tenant) else {
                throw Problem(field: "/workflow/workflow_id", "names no workflow, or no version of it, that is registered")
            }
            guard problems.isEmpty else {
                let fields = problems.map { FieldProblem(pointer: "/workflow/params" + $0.pointer, detail: $0.detail) }
                throw Problem(.invalidFields, "Nothing was written.", errors: fields)
            }
            return .workflow(workflow)
        }
    }

    private func written(_ result: WriteSchedule.Result) throws -> (schedule: ScheduleDetail, isReplay: Bool) {
        switch result {
        case .written(let schedule, let isReplay): return (schedule, isReplay)
        case .unknown: throw Problem(.notFound)
        case .nameTaken: throw Problem(.conflict, "There is a schedule of this name; PATCH changes it.")
        case .tooMany: throw Problem(.conflict, "There are \(WriteSchedule.mostSchedules) schedules already, which is the most.")
        case .unknownQueue(let queue):
            throw Problem(SubmitRefusal.unknownQueue(queue, index: 0), at: "/task", detail: "Nothing was written.")
        }
    }
}

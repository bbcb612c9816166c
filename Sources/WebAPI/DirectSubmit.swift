package import JSONText
package import TaskEngine
import WebCore

/// `POST /v1/tasks` and `GET /v1/tasks/{id}/status` without HTTP, for a command that has the database itself. Bodies, answers
/// and refusals are those of the routes.
package enum DirectSubmit {
    /// Submits one task as the caller of a server without keys. It is committed when this returns.
    /// - Parameters:
    ///   - body: as the route takes it.
    ///   - key: the same key and body again, here or over HTTP, submit nothing more.
    /// - Returns: the route's answer, JSON.
    /// - Throws: ``Problem`` when it is refused, `StorageError`.
    package static func submit(_ body: JSONValue, key: String, to service: TaskService) async throws -> String {
        var fields = ObjectReader(body)
        let task = SubmitBody.task(&fields)
        try fields.finish()
        let key = IdempotencyKey(Identity.local, route: "POST /tasks", text: key, body.rawBytes)
        switch try await service.submit([task], tenant: Identity.local.tenant, once: key) {
        case .refused(let refusal): throw Problem(refusal, at: "")
        case .submitted(let submitted):
            var writer = JSONWriter()
            writer.object { writer in
                TaskRendering.submitted(submitted.ids[0], submitted.tasks[0], in: &writer)
                writer.field("existing", !submitted.existing.isEmpty)
            }
            return writer.text
        }
    }

    /// A task's status as the route answers it, JSON; nil when there is no such task.
    /// - Parameter wait: for the task's end, at most; with zero it is answered at once.
    package static func status(_ id: Int64, waitingAtMost wait: Duration, in service: TaskService) async throws -> String? {
        switch try await service.waitForEnd(of: id, tenant: Identity.local.tenant, upTo: wait) {
        case .ended(let status), .unfinished(let status):
            var writer = JSONWriter()
            writer.object { TaskRendering.status(status, in: &$0) }
            return writer.text
        case .unknown, .tooManyWaiters:
            // Nobody else waits in the process of a command.
            return nil
        }
    }
}

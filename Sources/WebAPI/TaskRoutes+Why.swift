import Hummingbird
import JSONText
import TaskEngine
import WebCore

extension TaskRoutes {
    /// Why a task does not run, or what it does instead: reasons for programs, each with a sentence for people.
    @Sendable func why(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let id = try context.pathID()
        try QueryReader(request).finish()
        guard let why = try await service.why(id, tenant: context.tenant) else { throw Problem(.notFound) }
        return .jsonObject { WhyRendering.write(why, in: &$0) }
    }
}

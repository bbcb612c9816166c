import Hummingbird
import JSONText
import TaskEngine
import WebCore

extension TaskRoutes {
    /// Longest `wait_ms`.
    private static let longestWait: Int64 = 60_000

    /// How a task stands; with `?wait_ms=`, once it has ended or the time is over.
    ///
    /// A client that hangs up, or closes its sending side, ends its wait at once; so does a shutdown.
    @Sendable func status(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let id = try context.pathID()
        var query = QueryReader(request)
        let wait = wait(&query)
        try query.finish()
        let status = try await standing(id, after: wait, context)
        return .jsonObject { TaskRendering.status(status, in: &$0) }
    }

    /// `?wait_ms=`; zero when it is not given.
    func wait(_ query: inout QueryReader) -> Duration {
        .milliseconds(query.int("wait_ms", in: 0...Self.longestWait) ?? 0)
    }

    /// How a task stands once it has ended or the time is over.
    /// - Throws: ``Problem`` with code `not_found`, or `overloaded` when too many wait already.
    func standing(_ id: Int64, after wait: Duration, _ context: MillraceRequestContext) async throws -> TaskStatus {
        let stop = WaitStop()
        if wait > .zero { context.onHangUp { stop.stop() } }
        switch try await service.waitForEnd(of: id, tenant: context.tenant, upTo: wait, stop: stop) {
        case .ended(let status), .unfinished(let status): return status
        case .unknown: throw Problem(.notFound)
        case .tooManyWaiters:
            throw Problem(
                .overloaded, "Too many requests wait for tasks in this process; ask without wait_ms, or later.", retryAfter: .seconds(1))
        }
    }
}

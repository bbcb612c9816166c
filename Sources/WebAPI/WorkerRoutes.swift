import Hummingbird
package import TaskEngine
package import WebCore

/// The workers and how they are.
package struct WorkerRoutes: RouteGroup {
    private let service: TaskService
    private let staleAfter: Duration

    /// - Parameters:
    ///   - service: its database is the one that is read.
    ///   - staleAfter: a worker without a heartbeat for this long is reported as not responding; `EngineSettings.workerDead`.
    package init(service: TaskService, staleAfter: Duration) {
        self.service = service
        self.staleAfter = staleAfter
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.get("/worker/health", health)
    }

    /// Always 200: the report itself says how bad it is. Probes ask `/readyz`.
    @Sendable private func health(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let report = try await WorkerHealth.read(from: service.database, now: service.now(), staleAfter: staleAfter)
        return .jsonObject { WorkerRendering.health(report, in: &$0) }
    }
}

import Hummingbird
package import TaskEngine
package import WebCore

/// The workers and how they are.
package struct WorkerRoutes: RouteGroup {
    private let service: TaskService
    private let staleAfter: Duration
    private let doctor: DoctorRecord?

    /// - Parameters:
    ///   - service: its database is the one that is read.
    ///   - staleAfter: a worker without a heartbeat for this long is reported as not responding; `EngineSettings.workerDead`.
    ///   - doctor: what the last examination of the database found; nil shows none.
    package init(service: TaskService, staleAfter: Duration, doctor: DoctorRecord? = nil) {
        self.service = service
        self.staleAfter = staleAfter
        self.doctor = doctor
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.get("/worker/health", .open, health)
    }

    /// Always 200: the report itself says how bad it is. Probes ask `/readyz`. Without a token it has status and counts only.
    @Sendable private func health(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let report = try await WorkerHealth.read(from: service.database, now: service.now(), staleAfter: staleAfter)
        let examination = doctor?.latest
        let isWhole = Access.viewer.isOpen(to: context.caller)
        return .jsonObject { WorkerRendering.health(report.examined(examination), examination, isWhole: isWhole, in: &$0) }
    }
}

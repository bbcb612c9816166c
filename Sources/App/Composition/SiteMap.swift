package import TaskEngine
package import WebAPI
package import WebCore
import Workloads

/// Every route that the server answers, with what it asks of its caller.
package enum SiteMap {
    /// - Parameters:
    ///   - parts: what the routes stand on.
    ///   - readiness: what `/readyz` asks.
    ///   - metrics: what `/metrics` shows beside the database's gauges.
    ///   - doctor: examines when asked.
    ///   - authenticator: what the login asks; nil without keys.
    package static func routes(
        _ parts: ProcessParts, readiness: Readiness, metrics: PrometheusRegistry, doctor: DoctorService, authenticator: Authenticator?
    ) -> Routes {
        let service = parts.service
        var routes = Routes()
        routes.add(HealthRoutes(readiness: readiness, version: MillraceApp.version))
        routes.add(MetricsRoute(service: service, registry: metrics, doctor: doctor.record))
        routes.add(MeRoute())
        routes.add(LoginRoutes(authenticator: authenticator, store: parts.access))
        routes.add(TokenRoutes(store: parts.access))
        routes.add(TaskRoutes(service: service))
        routes.add(BulkRoutes(service: service))
        routes.add(WorkflowRoutes(service: parts.workflows))
        routes.add(WorkflowRunRoutes(service: parts.workflows))
        routes.add(ArtifactRoutes(service: parts.workflows, artifacts: parts.artifacts))
        routes.add(SecretRoutes(secrets: parts.secrets))
        routes.add(QueueRoutes(service: service))
        routes.add(PoolRoutes(service: service))
        routes.add(ScheduleRoutes(service: ScheduleService(tasks: service)))
        routes.add(WorkerRoutes(service: service, staleAfter: parts.settings.engine.workerDead, doctor: doctor.record))
        routes.add(DoctorRoutes(doctor: doctor))
        parts.ingestion.addRoutes(to: &routes, service: service)
        return routes
    }
}

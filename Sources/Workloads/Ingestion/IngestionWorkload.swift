package import Logging
package import ServiceLifecycle
package import Storage
package import TaskEngine
package import WebCore

/// Ingestion of Splunk configuration: uploads over HTTP, the task that reads them, and the results.
///
/// Owned by the composition root, which registers its task type, adds its routes and runs its services. Parts: `Archive` and
/// `Conf` read what strangers send, `Parse` is the task's handler, `Transitions` and `Queries` hold the SQL, `Routes` the HTTP.
package struct IngestionWorkload: Sendable {
    /// What the operator decides.
    package struct Settings: Sendable {
        let maxUpload: Int
        let limits: IngestionLimits

        /// - Parameters:
        ///   - maxUpload: bytes of the largest file that is accepted.
        ///   - limits: what one upload may cost to read.
        package init(maxUpload: Int, limits: IngestionLimits = IngestionLimits()) {
            self.maxUpload = maxUpload
            self.limits = limits
        }
    }

    /// Removes what nobody sees any more; one of ``services``.
    package let sweeper: IngestionSweeper

    private let settings: Settings
    private let blobs: BlobStore
    private let parser: RunParser

    /// - Parameters:
    ///   - blobs: where uploads are kept. The sweeper removes whatever in it no row names.
    ///   - version: the program's; what one version has begun to read another does not go on with.
    package init(
        database: any Database, blobs: BlobStore, settings: Settings, version: String = "", logger: Logger, clock: EngineClock = .system
    ) {
        self.settings = settings
        self.blobs = blobs
        sweeper = IngestionSweeper(database: database, blobs: blobs, clock: clock, logger: logger)
        parser = RunParser(database: database, blobs: blobs, limits: settings.limits, version: version, clock: clock, logger: logger)
    }

    /// Registers `ingest.parse_run`, in the queue `ingest`.
    package func registerTasks(in registry: inout TaskRegistry) {
        registry.register(ParseRun.self, options: TaskTypeOptions(queue: "ingest")) { [parser] input, context in
            try await parser.parse(input, context)
        }
    }

    /// Adds the routes of uploads and runs.
    package func addRoutes(to routes: inout Routes, service: TaskService) {
        routes.add(UploadRoutes(service: service, blobs: blobs, sweeper: sweeper, maxUpload: settings.maxUpload))
        routes.add(RunRoutes(service: service))
        let results = RunResults(database: service.database)
        routes.add(ProjectionRoutes(results: results))
        routes.add(EffectiveRoutes(results: results))
        routes.add(DiffRoutes(results: results))
    }

    /// Runs copy how their tasks ended before those disappear.
    package var prunePreparations: [Pruner.Preparation] { [{ try SettleRuns.settle(on: $0) }] }

    /// What the doctor looks at besides tasks.
    package static let doctorChecks: [DoctorCheck] = IngestionChecks.all

    /// What runs beside the engine until graceful shutdown.
    package var services: [any Service] { [sweeper] }
}

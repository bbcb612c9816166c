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
        let directory: String
        let maxUpload: Int
        let minFree: Int
        let limits: IngestionLimits

        /// - Parameters:
        ///   - directory: the data directory; uploads are kept under `<directory>/blobs`.
        ///   - maxUpload: bytes of the largest file that is accepted.
        ///   - minFree: bytes of disk below which uploads are refused.
        ///   - limits: what one upload may cost to read.
        package init(directory: String, maxUpload: Int, minFree: Int, limits: IngestionLimits = IngestionLimits()) {
            self.directory = directory
            self.maxUpload = maxUpload
            self.minFree = minFree
            self.limits = limits
        }
    }

    /// Removes what nobody sees any more; one of ``services``.
    package let sweeper: IngestionSweeper

    private let settings: Settings
    private let blobs: BlobStore
    private let parser: RunParser

    /// Makes the directories that are missing.
    /// - Parameters:
    ///   - version: the program's; what one version has begun to read another does not go on with.
    ///   - freeBytes: tells the free bytes of the disk; nil asks the system.
    /// - Throws: ``StorageError`` when the data directory cannot be made.
    package init(
        database: any Database, settings: Settings, version: String = "", logger: Logger, clock: EngineClock = .system,
        freeBytes: (@Sendable () throws -> Int64)? = nil
    ) throws {
        self.settings = settings
        blobs = try BlobStore(
            directory: settings.directory, database: database, minFree: Int64(settings.minFree), now: clock.now(), logger: logger,
            freeBytes: freeBytes)
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

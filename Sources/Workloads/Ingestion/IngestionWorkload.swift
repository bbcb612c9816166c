package import Logging
package import ServiceLifecycle
package import Storage
package import TaskEngine
package import WebCore

/// Ingestion of Splunk configuration: uploads over HTTP, the task that reads them, and the results.
///
/// Owned by the composition root, which registers its task type, adds its routes and runs its services.
package struct IngestionWorkload: Sendable {
    /// What the operator decides.
    package struct Settings: Sendable {
        let directory: String
        let maxUpload: Int
        let minFree: Int

        /// - Parameters:
        ///   - directory: the data directory; uploads are kept under `<directory>/blobs`.
        ///   - maxUpload: bytes of the largest file that is accepted.
        ///   - minFree: bytes of disk below which uploads are refused.
        package init(directory: String, maxUpload: Int, minFree: Int) {
            self.directory = directory
            self.maxUpload = maxUpload
            self.minFree = minFree
        }
    }

    private let database: any Database
    private let settings: Settings
    private let logger: Logger

    /// Makes the directories that are missing.
    package init(database: any Database, settings: Settings, logger: Logger) throws {
        self.database = database
        self.settings = settings
        self.logger = logger
    }

    /// Registers `ingest.parse_run`.
    package func registerTasks(in registry: inout TaskRegistry) {
    }

    /// Adds the routes of uploads and runs.
    package func addRoutes(to routes: inout Routes, service: TaskService) {
    }

    /// What runs beside the engine.
    package var services: [any Service] { [] }
}

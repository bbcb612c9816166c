import Executors
package import Logging
package import Storage
package import TaskEngine
import Workloads

/// What every command stands on: an opened and migrated database, the registered task types, and the front door to them.
package struct ProcessParts: Sendable {
    /// The process's settings.
    package let settings: Settings
    /// Opened and migrated.
    package let database: any Database
    /// Tells whether the schema still fits.
    package let migrator: Migrator
    /// Where commits are announced.
    package let hub: ChangeHub
    /// The front door to tasks.
    package let service: TaskService
    /// The front door to workflows and their runs.
    package var workflows: WorkflowService { WorkflowService(tasks: service) }
    let ingestion: IngestionWorkload
    /// Files of tasks and runs.
    let artifacts: ArtifactStore
    /// Secrets of tenants.
    package let secrets: SecretStore
    /// Stored tokens and sessions.
    package let access: AccessStore
    /// The way out over HTTP.
    let http: OutgoingHTTP
    let logger: Logger

    /// Opens the database, applies missing migrations, inserts missing queues and registers the task types.
    /// - Parameters:
    ///   - owner: who takes an SQLite file's lock; nil opens beside an owner, to look only.
    ///   - tasks: what this binary adds to the built-in task types.
    /// - Throws: ``StorageError`` or ``RegistrationError`` with a message for the operator, or what the team's closure throws.
    package static func open(
        _ settings: Settings, owner: SQLiteOwner?, tasks: TeamTasks = .none, logger: Logger
    ) async throws -> ProcessParts {
        try RootDirectory.check(settings.root)
        let database = try await openDatabase(settings, owner: owner, logger: logger)
        do {
            return try await prepare(settings, database, tasks, logger: logger)
        } catch {
            database.close()
            throw error
        }
    }

    private static func prepare(
        _ settings: Settings, _ database: any Database, _ tasks: TeamTasks, logger: Logger
    ) async throws -> ProcessParts {
        let migrator = Migrator(database: database, directory: RootDirectory.migrations(settings.root), logger: logger)
        let now = EngineClock.system.now()
        _ = try await migrator.migrate(now: now)
        let queues = settings.queues
        try await database.write { try QueueSetup.insertMissing(queues, now: now, on: $0) }
        let blobs = try BlobStore(
            directory: settings.dataDirectory, database: database, minFree: Int64(settings.minFree), now: now, logger: logger)
        let ingestion = IngestionWorkload(
            database: database, blobs: blobs, settings: .init(maxUpload: settings.maxUpload, limits: settings.ingestion),
            version: MillraceApp.version, logger: logger)
        var registry = TaskRegistry()
        DemoTasks.register(in: &registry)
        if settings.demoFaults { FaultTasks.register(in: &registry) }
        WorkflowTasks.register(in: &registry)
        ingestion.registerTasks(in: &registry)
        let http = OutgoingHTTP(egress: EgressGuard(allowed: settings.egressAllow), version: MillraceApp.version)
        HTTPRequestTask(http: http, now: EngineClock.system.now).register(in: &registry)
        let builtIn = Set(registry.names)
        try await tasks.add(to: &registry)
        try registry.check()
        try await prepareTeam(registry, builtIn: builtIn, migrator, database)
        let hub = ChangeHub(database: database)
        let runMetrics = RunMetrics()
        hub.subscribe { runMetrics.heard($0) }
        let workflows = Workflows()
        BulkOperations(database: database, hub: hub, workflows: workflows).register(in: &registry)
        let service = TaskService(database: database, registry: registry, settings: settings.engine, hub: hub, workflows: workflows)
        try await WorkflowService(tasks: service).registerBuiltIn()
        return ProcessParts(
            settings: settings, database: database, migrator: migrator, hub: hub, service: service, ingestion: ingestion,
            artifacts: ArtifactStore(database: database, blobs: blobs, mostBytes: Int64(settings.maxArtifact)),
            secrets: SecretStore(database: database, keys: settings.secretKeys), access: AccessStore(database: database), http: http,
            logger: logger)
    }

    /// What a team's types need in the database: tables of their own, and the queues that their options name.
    private static func prepareTeam(
        _ registry: TaskRegistry, builtIn: Set<String>, _ migrator: Migrator, _ database: any Database
    ) async throws {
        for preparation in registry.preparations { try await migrator.run { try preparation(TaskTransaction($0)) } }
        let types = registry.names.filter { !builtIn.contains($0) }.compactMap { registry.type(named: $0) }
        guard !types.isEmpty else { return }
        let queues = try await database.read { Set(try $0.rows("SELECT name FROM queues") { $0.text(0) }) }
        for type in types where !queues.contains(type.options.queue) {
            throw RegistrationError(
                """
                the task type '\(type.name)' belongs to the queue '\(type.options.queue)', which does not exist: add it to \
                \(SettingName.queues.rawValue), for example \(type.options.queue):default
                """)
        }
    }

    /// Examines a database that is open and migrated, with the checks of all workloads.
    /// - Parameter retention: what ended longer ago than this may be gone.
    package static func doctor(of database: any Database, retention: Retention = Retention()) -> Doctor {
        Doctor(database: database, checks: IngestionWorkload.doctorChecks, retention: retention)
    }

    /// Opens the database alone, unmigrated.
    package static func openDatabase(_ settings: Settings, owner: SQLiteOwner?, logger: Logger) async throws -> any Database {
        switch settings.database {
        case .sqlite(let path):
            return try SQLiteDatabase.open(
                path: path, options: .init(synchronous: settings.synchronous, owner: owner), logger: logger)
        case .postgres(let url):
            return try await PostgresDatabase.open(url: url, reruns: settings.databaseRetries, logger: logger)
        }
    }
}

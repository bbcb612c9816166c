import Executors
import Foundation
import Hummingbird
package import Logging
import Metrics
import ServiceLifecycle
import Storage
import TaskEngine
import UnixSignals
import WebAPI
import WebCore
import Workloads

/// The composition root: makes the parts, ties them together and runs them as services until SIGTERM or SIGINT.
///
/// Called once per process by the `serve` and `worker` commands. The services start in this order and end in the reverse:
/// database, outgoing HTTP, children, engine, scheduler, pages of the start, schema watch, workloads, pruner, doctor, HTTP. So HTTP drains first, then the engine finishes or puts
/// back its tasks, then the database closes.
package struct MillraceApp: Sendable {
    /// What a process does.
    package enum Role: Sendable, Equatable {
        /// HTTP, and an engine unless told otherwise.
        case serve(withEngine: Bool)
        /// An engine without HTTP.
        case worker
    }

    /// The product's version, as released.
    package static let version = "0.1.0"

    private let settings: Settings
    private let role: Role
    private let tasks: TeamTasks
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - tasks: what this binary adds to the built-in task types.
    ///   - onListening: called with the port once HTTP answers.
    package init(
        settings: Settings, role: Role, tasks: TeamTasks = .none, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.settings = settings
        self.role = role
        self.tasks = tasks
        self.logger = logger
        self.onListening = onListening
    }

    /// Runs until shutdown.
    /// - Throws: ``SettingsError``, ``StorageError``, ``RegistrationError`` or ``EngineError``; ``ExitCode`` maps them.
    package func run() async throws {
        try refuseOpenDoor()
        let certificates = try readCertificates()
        let metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)
        let parts = try await openParts()
        logger.info(
            "millrace \(Self.version)", metadata: ["database": "\(parts.database.dialect)", "durability": "\(parts.database.durability)"])
        let children = ChildApp.children(settings, parts.service.registry, logger: logger)
        let engine = role == .serve(withEngine: false) ? nil : makeEngine(parts, children)
        if engine != nil, let warning = try await ServedQueues.warning(settings, parts.database) { logger.warning("\(warning)") }
        let door = try await Door.open(settings.access, parts, logger: logger)
        try await ServiceGroup(configuration: configuration(services(parts, engine, children, door, metrics, certificates))).run()
    }

    /// A command such as `millrace submit` owns an SQLite file for a moment: that must not keep a server from starting. One that
    /// answers over HTTP will stay.
    private func openParts() async throws -> ProcessParts {
        let deadline = ContinuousClock.now + .seconds(3)
        while true {
            do {
                return try await ProcessParts.open(
                    settings, owner: SQLiteOwner(url: role == .worker ? "" : url), tasks: tasks, logger: logger)
            } catch let error as StorageError
                where error.code == .locked && settings.database.answeringOwner == nil && ContinuousClock.now < deadline
            {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private var url: String { "\(scheme)://\(settings.bind)" }
    private var scheme: String { settings.edge.tls == nil ? "http" : "https" }

    /// Before anything else is opened: a typing error in a path must not cost a start of the database.
    private func readCertificates() throws -> TLSCertificates? {
        guard role != .worker, let files = settings.edge.tls else { return nil }
        do {
            return try TLSCertificates(certificate: files.certificate, key: files.key)
        } catch {
            throw SettingsError("\(SettingName.tlsCertificate.rawValue), \(SettingName.tlsKey.rawValue): \(error)")
        }
    }

    /// Without keys everybody who can reach the port is the platform's operator: that must be this machine only.
    private func refuseOpenDoor() throws {
        guard role != .worker, !settings.access.hasKeys, !Loopback.isLoopback(settings.bind.host) else { return }
        throw SettingsError(
            """
            \(SettingName.bind.rawValue)=\(settings.bind.host) can be reached from other machines, and there is no key to tell callers apart \
            with: set \(SettingName.jwtSecret.rawValue) or \(SettingName.jwks.rawValue), or bind a loopback address such as 127.0.0.1:8080
            """)
    }

    private func makeEngine(_ parts: ProcessParts, _ children: ChildProcesses) -> Engine {
        Engine(
            database: parts.database, registry: parts.service.registry, settings: settings.engine, hub: parts.hub, isolator: children,
            workflows: parts.service.workflows, artifacts: parts.artifacts, secrets: parts.secrets,
            logger: logger)
    }

    private func services(
        _ parts: ProcessParts, _ engine: Engine?, _ children: ChildProcesses, _ door: Door, _ metrics: PrometheusRegistry,
        _ certificates: TLSCertificates?
    ) -> [ServiceGroupConfiguration.ServiceConfiguration] {
        var services: [any Service] = [parts.database, parts.http]
        // Children end after the engine, which still waits for some.
        if let engine {
            let scheduler = Scheduler(database: parts.database, hub: parts.hub, workflows: parts.service.workflows, logger: logger)
            services += [children, engine, scheduler]
        }
        services.append(StartPages())
        services.append(SchemaWatch(migrator: parts.migrator, logger: logger))
        services += parts.ingestion.services
        services.append(
            Pruner(
                database: parts.database, retention: settings.engine.retention, preparations: parts.ingestion.prunePreparations,
                logger: logger))
        if role != .worker {
            let doctor = DoctorService(
                doctor: ProcessParts.doctor(of: parts.database, retention: settings.engine.retention), interval: settings.doctorInterval,
                logger: logger)
            if let certificates { services.append(TLSWatch(certificates: certificates, logger: logger)) }
            if let refresh = door.refresh { services.append(refresh) }
            services += [doctor, makeHTTP(parts, engine, doctor, door, metrics, certificates)]
        }
        return services.map {
            // One part that fails ends the others in order, so that running tasks are put back.
            .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .gracefullyShutdownGroup)
        }
    }

    private func makeHTTP(
        _ parts: ProcessParts, _ engine: Engine?, _ doctor: DoctorService, _ door: Door, _ metrics: PrometheusRegistry,
        _ certificates: TLSCertificates?
    ) -> HTTPService {
        let readiness = Readiness(database: parts.database, migrator: parts.migrator) { engine?.snapshot().isDraining ?? false }
        let routes = SiteMap.routes(parts, readiness: readiness, metrics: metrics, doctor: doctor, authenticator: door.authenticator)
        var edge = Edge()
        edge.isTLS = certificates != nil
        edge.proxies = settings.edge.proxies
        edge.origins = settings.edge.origins
        edge.tenantRequests = settings.edge.tenantRequests
        let ports = [settings.bind.port] + settings.extraPorts
        return HTTPService(
            responder: routes.makeRouter(metrics: metrics, authenticator: door.authenticator, edge: edge).buildResponder(),
            addresses: ports.map { BindAddress(host: settings.bind.host, port: $0) }, room: makeRoom(), certificates: certificates,
            logger: logger,
            onListening: { await announce(port: $0, parts.database) })
    }

    /// Some descriptors are left for the database, uploads and outgoing requests: a flood of connections must not take those.
    private func makeRoom() -> ConnectionRoom {
        let files = OpenFileLimit.raise()
        let limit = min(settings.maxConnections, max(16, files - 256))
        if limit < settings.maxConnections {
            logger.notice("connections are bounded by RLIMIT_NOFILE", metadata: ["connections": "\(limit)", "files": "\(files)"])
        }
        return ConnectionRoom(limit: limit, perAddress: settings.edge.connectionsPerAddress, unlimited: settings.edge.proxies)
    }

    /// The lock of an SQLite file says where its owner answers; with port 0 that is known only now.
    private func announce(port: Int, _ database: any Database) async {
        InheritedDescriptors.closeOnExec()
        if let sqlite = database as? SQLiteDatabase {
            do {
                try sqlite.announce(owner: SQLiteOwner(url: "\(scheme)://\(BindAddress(host: settings.bind.host, port: port))"))
            } catch {
                logger.warning("the lock file does not name this process's port", metadata: ["error": "\(error)"])
            }
        }
        await onListening(port)
    }

    private func configuration(_ services: [ServiceGroupConfiguration.ServiceConfiguration]) -> ServiceGroupConfiguration {
        var configuration = ServiceGroupConfiguration(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // HTTP's patience, the engine's grace and its last writes; then the process ends whatever is left: it is rescued.
        configuration.maximumGracefulShutdownDuration = settings.engine.grace + .milliseconds(4500)
        configuration.maximumCancellationDuration = .milliseconds(400)
        return configuration
    }
}
